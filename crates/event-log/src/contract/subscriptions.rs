//! Cases about live subscriptions.

use uuid::Uuid;

use super::case_list;
use super::world::{Failure, Outcome, World, holds, ids_of, same};
use crate::{Delivery, Expected, Position, Revision, Subscription};

case_list!(
    catches_up_then_lives,
    starts_after_a_position,
    caught_up_comes_even_without_events,
    two_subscriptions_agree
);

/// What one subscription has delivered of the case's own events.
struct Follower {
    world: World,
    subscription: Box<dyn Subscription>,
    ids: Vec<Uuid>,
    last: Option<Position>,
    caught_up: usize,
}

impl Follower {
    fn new(world: &World, after: Option<Position>) -> Self {
        let subscription = world.log.subscribe(after);
        Self { world: world.clone(), subscription, ids: Vec::new(), last: after, caught_up: 0 }
    }

    async fn step(&mut self) -> Outcome {
        match self.subscription.next().await? {
            Delivery::CaughtUp => self.caught_up += 1,
            Delivery::Events(events) => {
                holds("a delivery is not empty", !events.is_empty())?;
                for event in &events {
                    holds("deliveries are in order", self.last.is_none_or(|last| last < event.position))?;
                    self.last = Some(event.position);
                }
                self.ids.extend(self.world.own(events).iter().map(|event| event.id));
            }
        }
        Ok(())
    }

    async fn until_caught_up(&mut self) -> Outcome {
        while self.caught_up == 0 {
            self.step().await?;
        }
        Ok(())
    }

    async fn until(&mut self, position: Position) -> Outcome {
        while self.last < Some(position) {
            self.step().await?;
        }
        Ok(())
    }
}

async fn catches_up_then_lives(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let before = world.log.head().await?;
    world.done(&stream, Expected::NoStream, 0..10, 9).await?;
    let mut follower = Follower::new(&world, before);
    follower.until_caught_up().await?;
    same("ids at the mark", follower.ids.clone(), ids_of(&world.events(0..10)))?;
    for number in 10..40_u32 {
        let revision = u64::from(number);
        let position =
            world.done(&stream, Expected::Exact(Revision(revision - 1)), [number], revision).await?;
        if number % 3 == 0 {
            follower.until(position).await?;
        }
    }
    let head = world.log.head().await?.ok_or_else(|| Failure::new("the log has no head"))?;
    follower.until(head).await?;
    same("ids", follower.ids, ids_of(&world.events(0..40)))?;
    same("marks", follower.caught_up, 1)
}

async fn starts_after_a_position(world: World) -> Outcome {
    let stream = world.stream("a")?;
    world.done(&stream, Expected::NoStream, [0, 1], 1).await?;
    let middle = world.done(&stream, Expected::Exact(Revision(1)), [2], 2).await?;
    world.done(&stream, Expected::Exact(Revision(2)), [3, 4], 4).await?;
    let mut follower = Follower::new(&world, Some(middle));
    follower.until_caught_up().await?;
    same("ids", follower.ids, ids_of(&world.events([3, 4])))
}

async fn caught_up_comes_even_without_events(world: World) -> Outcome {
    let stream = world.stream("a")?;
    let head = world.log.head().await?;
    let mut follower = Follower::new(&world, head);
    follower.until_caught_up().await?;
    same("ids", follower.ids.clone(), vec![])?;
    let position = world.done(&stream, Expected::NoStream, [1], 0).await?;
    follower.until(position).await?;
    same("ids", follower.ids, ids_of(&world.events([1])))
}

async fn two_subscriptions_agree(world: World) -> Outcome {
    let before = world.log.head().await?;
    let mut early = Follower::new(&world, before);
    let mut last = None;
    for number in 0..20_u32 {
        last = Some(world.done(&world.stream(number)?, Expected::NoStream, [number], 0).await?);
    }
    let last = last.ok_or_else(|| Failure::new("nothing was appended"))?;
    let mut late = Follower::new(&world, before);
    early.until(last).await?;
    late.until(last).await?;
    same("ids of the early one", early.ids, ids_of(&world.events(0..20)))?;
    same("ids of the late one", late.ids, ids_of(&world.events(0..20)))
}
