-- Nobody read the outbox: each center's audit chain is the ordered log of changes, without gaps, and its head
-- the place up to which it goes. See docs/adr/0014-the-audit-is-the-outbox.md.

drop table outbox;
