"""Every Linen class of public packages beside the NNX class that is made of it."""
