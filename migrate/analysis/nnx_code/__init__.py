"""Code that is NNX already, followed to where it goes wrong."""
