-- Sign-ins at OpenID Connect providers that are under way. The browser's secret is in its cookie; here is its hash.
-- A row is taken away when it is used, and is good for minutes.
create table desk.oidc_flows (
  browser_hash bytea       not null,
  provider     text        not null,
  purpose      text        not null, -- sign_in, link (the account of user_id), exchange (tokens for user_id)
  user_id      uuid,
  return_to    text,                 -- the path on this site where the browser goes on
  expires_at   timestamptz not null,
  constraint oidc_flows_browser primary key (browser_hash)
);
create index oidc_flows_expires_at on desk.oidc_flows (expires_at);

grant select, insert, update, delete on desk.oidc_flows to ledgerdesk_app;
