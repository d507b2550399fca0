//! From what the edge knows of a request to what resolvers find: the session look-up, once per operation.

use std::sync::Arc;

use async_graphql::Data;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Contexts, Readiness, Refusal, RequestMeta};
use crate::command::{Caller, Door, Origin};
use crate::domains::accounts::sessions::authenticate;
use crate::domains::accounts::token::{Kind, Token};
use crate::domains::services::tokens::authenticate as of_service;
use crate::graphql::context::{RequestContext, Settings};
use crate::graphql::loaders::Loaders;
use crate::kernel::Fault;
use crate::permissions::arbiter::InUse;
use crate::permissions::{Actor, ServiceCaller};

/// Makes the context of each request.
pub struct Sessions {
    /// The write door, and with it database, clock and permission sets.
    pub door: Arc<Door>,
    /// What the configuration says that resolvers need.
    pub settings: Settings,
}

impl Sessions {
    /// The context of a request whose actor is known.
    #[must_use]
    pub fn with_actor(&self, meta: RequestMeta, actor: Option<Arc<Actor>>) -> RequestContext {
        let client = meta.client.or(meta.user_agent);
        let actor = actor.map(|actor| match meta.lasting {
            // A subscription would hold on to the plugins of its first moment, and be decided by them.
            true => Arc::new(actor.with_arbiter(self.door.sets.bench.newest())),
            false => actor,
        });
        RequestContext {
            door: Arc::clone(&self.door),
            caller: Caller {
                actor,
                origin: Origin { request_id: meta.request_id, ip: meta.remote, user_agent: client },
            },
            service: None,
            arbiter: InUse::default(),
            locale: meta.locale,
            now: self.door.clock.now(),
            settings: self.settings,
            loaders: Loaders::new(self.door.db.clone()),
            advice: Default::default(),
        }
    }

    /// Finds the actor of an `Authorization` header.
    ///
    /// # Errors
    /// A refusal for what is no token of an open session, and when the database is busy.
    pub async fn actor(&self, authorization: Option<&str>) -> Result<Option<Arc<Actor>>, Refusal> {
        let Some(header) = authorization else { return Ok(None) };
        let token = Token::of_header(header).ok_or_else(Refusal::unauthenticated)?;
        let now = self.door.clock.now();
        match authenticate(&self.door.db, &self.door.sets, &token.hash(), now).await {
            Ok(Some(actor)) => Ok(Some(actor)),
            Ok(None) => Err(Refusal::unauthenticated()),
            Err(fault) => Err(unavailable(fault)),
        }
    }
}

impl Sessions {
    /// The context of a request: of somebody who is logged in, of a third-party service with a token of its own, or of
    /// nobody.
    ///
    /// # Errors
    /// As [`Sessions::actor`].
    pub async fn request(&self, mut meta: RequestMeta) -> Result<RequestContext, Refusal> {
        let authorization = meta.authorization.take();
        self.request_of(meta, authorization.as_deref()).await
    }

    /// The same where the header was taken out before.
    async fn request_of(&self, meta: RequestMeta, authorization: Option<&str>) -> Result<RequestContext, Refusal> {
        let service = self.service(authorization).await?;
        let actor = match &service {
            Some(_) => None,
            None => self.actor(authorization).await?,
        };
        let arbiter = service.as_ref().map(|_| self.door.sets.bench.current()).unwrap_or_default();
        Ok(RequestContext { service, arbiter, ..self.with_actor(meta, actor) })
    }

    /// Finds the service of an `Authorization` header; `None` for what is no token of a service.
    async fn service(&self, authorization: Option<&str>) -> Result<Option<ServiceCaller>, Refusal> {
        let Some(token) = authorization.and_then(|header| Token::of_header_of(Kind::Service, header)) else {
            return Ok(None);
        };
        match of_service::authenticate(&self.door.db, &token.hash()).await {
            Ok(Some(service)) => Ok(Some(service)),
            Ok(None) => Err(Refusal::unauthenticated()),
            Err(fault) => Err(unavailable(fault)),
        }
    }
}

/// A look-up that the database did not answer.
fn unavailable(fault: Fault) -> Refusal {
    match fault {
        Fault::Busy { retry_after } => Refusal::busy(retry_after),
        fault => {
            tracing::error!(?fault, "a session could not be looked up");
            Refusal::busy(std::time::Duration::from_secs(1))
        }
    }
}

impl Contexts for Sessions {
    fn context(&self, mut meta: RequestMeta) -> BoxFuture<'_, Result<Data, Refusal>> {
        async move {
            let authorization = meta.authorization.take();
            let mut data = Data::default();
            data.insert(Arc::new(self.request_of(meta, authorization.as_deref()).await?));
            data.insert(super::recheck::of(&self.door, authorization));
            Ok(data)
        }
        .boxed()
    }
}

impl Readiness for Sessions {
    fn check(&self) -> BoxFuture<'_, Result<(), &'static str>> {
        async move { self.door.db.version().await.map(|_| ()).map_err(|_| "database") }.boxed()
    }
}
