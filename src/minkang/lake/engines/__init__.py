"""The engines that run SQL over tables."""
