//! `ledgerdesk serve`: the service from start to end.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use api::Desk;
use infrastructure::config::Config;
use infrastructure::private_postgres::PrivatePostgres;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::args::{Globals, Serve};
use super::banner::Banner;
use super::failure::Failure;
use super::site::{close, configuration, connect, leave, secrets, start_logging, stop_on_signal};
use crate::demo::{is_welcome, tell_stories};

/// How long requests may take once the service is told to stop.
const LAST_ORDERS: Duration = Duration::from_secs(10);
/// How long read models and handlers may take to be handed over after that.
const HANDING_OVER: Duration = Duration::from_secs(20);
/// How often the private server is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// Serves until SIGINT or SIGTERM.
pub(crate) async fn run(globals: &Globals, args: &Serve) -> Result<(), Failure> {
    let config = configuration(globals, args.listen)?;
    let listen = config.server.listen;
    if args.demo && !listen.ip().is_loopback() {
        let why = "--demo adds accounts whose password everybody knows";
        return Err(Failure::usage(format!("{why}: it needs a loopback address to listen on, not {listen}")));
    }
    start_logging(&config, &config.logs.filter)?;
    secrets(&config)?;
    let listener = bind(listen).await?;
    let stop = stop_on_signal();
    let (options, postgres) = connect(&config).await?;
    let served = tokio::select! {
        served = serve(config, options, listener, args.demo, &stop) => served,
        never = look_after(postgres.as_ref()) => match never {},
    };
    let left = leave(postgres).await;
    served.map_err(Failure::from).and(left)
}

async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "{listen} is in use by another program: stop that one or choose another port with --listen"
        ),
        _ => anyhow!(error).context(format!("cannot listen on {listen}")),
    })
}

async fn serve(
    config: Config,
    options: PgConnectOptions,
    listener: TcpListener,
    demo: bool,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let (desk, running) = Desk::open(config, options).await?;
    let prepared = tokio::select! {
        prepared = prepare(&desk, &listener, demo) => prepared.map(Some),
        () = stop.cancelled() => Ok(None),
    };
    let served = match prepared {
        Ok(Some(banner)) => at_work(&desk, listener, &banner, stop).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    // What was acknowledged is in the log, so nothing is worth waiting for for ever.
    let handing_over = async {
        running.stop().await;
        close(desk.pool()).await;
    };
    if tokio::time::timeout(HANDING_OVER, handing_over).await.is_err() {
        tracing::warn!("What ran beside the requests did not end in time and is cut off");
    }
    served
}

/// Sees to it that there are departments and somebody can sign in.
async fn prepare(desk: &Desk, listener: &TcpListener, demo: bool) -> anyhow::Result<Banner> {
    desk.ensure_departments().await?;
    let admin_password = desk.ensure_admin().await?;
    let on_stage = demo && is_welcome(&desk.database).await?;
    if on_stage {
        tell_stories(&desk.database, &desk.log, usize::MAX, |_| ()).await?;
    }
    let listen = listener.local_addr().context("the address listened on is not known")?;
    let data_dir = desk.config.embedded().then(|| desk.config.storage.data_dir.clone());
    let mail_dir = desk.config.mail.smtp.is_none().then(|| desk.config.storage.data_dir.join("mail"));
    Ok(Banner { listen, data_dir, mail_dir, admin_password, demo, on_stage })
}

/// Answers requests until told to stop, and a little longer.
async fn at_work(
    desk: &Desk,
    listener: TcpListener,
    banner: &Banner,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    eprint!("{banner}");
    let closing_time = async {
        stop.cancelled().await;
        eprintln!("Stopping …");
        tokio::time::sleep(LAST_ORDERS).await;
    };
    tokio::select! {
        served = api::serve(desk.clone(), listener, stop.clone()) => served.context("the service ended"),
        () = closing_time => {
            tracing::warn!("Requests were cut off at the end");
            Ok(())
        }
    }
}

/// Starts the private server again whenever it died.
async fn look_after(postgres: Option<&PrivatePostgres>) -> Infallible {
    let Some(postgres) = postgres else { return std::future::pending().await };
    loop {
        tokio::time::sleep(LOOK).await;
        match postgres.ensure_running().await {
            Ok(false) => {}
            Ok(true) => tracing::warn!("The private PostgreSQL had died and was started again"),
            Err(error) => tracing::error!("The private PostgreSQL is down: {error:#}"),
        }
    }
}
