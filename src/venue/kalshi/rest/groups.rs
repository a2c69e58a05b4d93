//! Order groups: a limit on what may match in any 15 seconds, and one request that ends all orders of a
//! run (kalshi.md 3.7).

use reqwest::Method;

use super::{Get as _, KalshiRest, RestError, segment};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::wire::{OrderGroupCreate, OrderGroupCreated, OrderGroups};

const GROUPS: &str = "/portfolio/order_groups";

impl KalshiRest {
    /// Makes an order group with a limit of contracts in any 15 seconds, once.
    ///
    /// # Errors
    /// [`RestError`]; a group may exist all the same, empty and harmless.
    pub async fn create_order_group(
        &self,
        group: &OrderGroupCreate,
    ) -> Result<OrderGroupCreated, RestError> {
        let path = &format!("{GROUPS}/create");
        let body =
            serde_json::to_vec(group).map_err(|error| RestError::Client(error.to_string()))?;
        self.take(Operation::Group, 1).map_err(RestError::Budget)?;
        let auth = self.sign(&Method::POST, path)?;
        self.exchange(Method::POST, path, &auth, Some(body.into())).await?.parse(path)
    }

    /// Names of the account's order groups.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn order_groups(&self) -> Result<Vec<String>, RestError> {
        let groups: OrderGroups = self.get(Operation::Read, GROUPS).await?;
        Ok(groups.order_groups.into_iter().map(|group| group.id).collect())
    }

    /// Cancels every order of a group and blocks new ones in it, repeating the request until there is
    /// an answer.
    ///
    /// # Errors
    /// [`RestError`]: not known to be done.
    pub async fn trigger_order_group(&self, group: &str) -> Result<(), RestError> {
        let path = format!("{GROUPS}/{}/trigger", segment(group)?);
        let answer =
            self.repeatable(Operation::Cancel, 1, Method::PUT, &path, Some(b"{}".to_vec())).await?;
        // One that is gone has no orders.
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(answer.error(&path)) }
    }

    /// Lets orders in again after [`Self::trigger_order_group`]. `false`: there is no such group any more.
    ///
    /// # Errors
    /// [`RestError`]: not known to be done.
    pub async fn reset_order_group(&self, group: &str) -> Result<bool, RestError> {
        let path = format!("{GROUPS}/{}/reset", segment(group)?);
        let answer =
            self.repeatable(Operation::Cancel, 1, Method::PUT, &path, Some(b"{}".to_vec())).await?;
        match answer.status {
            404 => Ok(false),
            _ if answer.is_success() => Ok(true),
            _ => Err(answer.error(&path)),
        }
    }

    /// Removes a group, which cancels its orders; a group that is gone already is removed.
    ///
    /// # Errors
    /// [`RestError`]: not known to be done.
    pub async fn delete_order_group(&self, group: &str) -> Result<(), RestError> {
        let path = format!("{GROUPS}/{}", segment(group)?);
        let answer = self.repeatable(Operation::Cancel, 1, Method::DELETE, &path, None).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(answer.error(&path)) }
    }
}
