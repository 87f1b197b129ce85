"""The supervisor: plan → generate → curate → battle → select → train → evaluate → feed back, by rounds."""
