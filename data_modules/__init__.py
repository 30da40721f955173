"""LightningDataModules for the data sets of the paper."""
