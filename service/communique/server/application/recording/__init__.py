"""The way in: events are checked, admitted and recorded."""
