"""Pay once: from what a task asks for to a run that exists, whatever earlier tries of the task have done."""
