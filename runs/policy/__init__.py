"""`arenainstruct policy`: read a run's policy, compare its versions, pin a leaf, or go back."""
