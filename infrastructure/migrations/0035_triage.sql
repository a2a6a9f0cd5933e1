-- Tickets that wait for an agent, by department, oldest first: what assignment hands out when somebody has room.
create index ticket_list_waiting on read.ticket_list (department, created_at, number)
    where assignee is null and status in ('open', 'assigned') and not misuse_flag;
