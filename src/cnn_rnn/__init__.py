"""CNN-RNN for multi-label image classification (Wang et al., CVPR 2016)."""
