-- How many tokens of the language model were spent on each day (UTC), by all nodes: counted before a request is sent, and put
-- right when its answer says what it cost.
create table desk.language_model_usage (
  day      date   not null,
  tokens   bigint not null,
  requests bigint not null,
  constraint language_model_usage_day primary key (day),
  constraint language_model_usage_tokens check (tokens >= 0)
);
grant select, insert, update, delete on desk.language_model_usage to ledgerdesk_app;
