"""How far can it be foreseen: what chapters 07 and 09 share."""
