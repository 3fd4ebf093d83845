"""What raises a warning: one reviewed file of rules, its loader, and their pure evaluation."""
