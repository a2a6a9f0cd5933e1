-- API tokens: what a program shows, as a hash. What a token allows, and whether it is good, is in the log.
create table desk.api_tokens (
  id           uuid        not null,
  token_hash   bytea       not null,
  user_id      uuid        not null,
  name         text        not null, -- sealed with the owner's key
  created_at   timestamptz not null default now(),
  last_used_at timestamptz, -- to the minute
  constraint api_tokens_id primary key (id),
  constraint api_tokens_token_hash unique (token_hash)
);
create index api_tokens_user_id on desk.api_tokens (user_id);
grant select, insert, update, delete on desk.api_tokens to ledgerdesk_app;

-- Accounts of programs, which sign in with no password.
alter table read.user_directory add column is_service boolean not null default false;
