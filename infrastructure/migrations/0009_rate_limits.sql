-- How many requests each caller was granted in their window, by all nodes together. Unlogged: it may be lost in a
-- crash, and then everybody's window begins anew. Rows of windows that are over are swept away.
create unlogged table desk.rate_limits (
  caller  uuid        not null, -- a user, an API token, or a keyed hash of a network
  ends_at timestamptz not null, -- when the window is over
  granted integer     not null, -- how many requests the nodes took for the caller so far
  portion integer     not null, -- how many of them the last one took
  constraint rate_limits_caller primary key (caller)
) with (fillfactor = 50);

-- How many requests a node takes at a time: a twentieth of what is allowed, and less the nearer the end is, so that
-- little is left over with nodes that do not need it.
create function desk.portion(allowed integer, granted integer) returns integer
language sql immutable
return greatest(0, least(greatest(1, least(allowed / 20, (allowed - granted) / 4)), allowed - granted));

grant select, insert, update, delete on desk.rate_limits to ledgerdesk_app;
