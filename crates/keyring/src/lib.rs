//! One data key per person (subject): seal, open, erase. Destroying a subject's key makes every field sealed with it
//! unreadable for ever, in the log, in the views and in every backup, without touching a byte of them.

