"""What a network takes: memory, operations, figures."""
