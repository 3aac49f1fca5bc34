"""The way into the log: events are validated, admitted and recorded."""
