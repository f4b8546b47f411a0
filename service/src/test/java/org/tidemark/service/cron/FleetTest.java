// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** Two or three hosts with one schedule, which are killed, stand still, or have wrong clocks, at random. */
class FleetTest {
    private static final Instant BEGIN = Instant.parse("2026-03-01T00:00:00Z");
    private static final Duration PERIOD = Duration.ofHours(12);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final MovableClock clock = new MovableClock(BEGIN);
    private final List<MoodyStore> stores = new ArrayList<>();
    private final List<ClusterArchive> archives = new ArrayList<>();
    /** By the time for which it was done: which hosts did it. */
    private final Map<Instant, List<String>> done = new TreeMap<>();
    /** What other hosts do while a store is about to answer. */
    private Runnable meanwhile = () -> {};

    FleetTest() throws IOException {
        addRepository();
    }

    private void addRepository() throws IOException {
        ClusterIdentity identity = new ClusterIdentity(
                new ClusterName("main"), new SystemIdentifier(42), new WalSegmentSize(1 << 20), 8192, 15);
        MoodyStore store = new MoodyStore(new MemoryStore(clock));
        Repository.create(store, clock).register(identity, clock);
        stores.add(store);
        archives.add(Repository.open(store, Optional.empty())
                .incarnation(identity.cluster(), identity.system())
                .orElseThrow());
    }

    private enum Mood {
        WELL,
        /** It takes nothing, and shows what it has. */
        FULL,
        /** It takes some of what it is given, as a full one where something is deleted now and then. */
        TRICKLING,
        GONE
    }

    private final class MoodyStore extends DelegatingStore {
        private Mood mood = Mood.WELL;
        private Random random = new Random(0);

        MoodyStore(ObjectStore healthy) {
            super(healthy);
        }

        private void answer() throws StorageUnavailable {
            meanwhile.run();
            if (mood == Mood.GONE) {
                throw new StorageUnavailable("gone", null);
            }
        }

        private boolean takesNothing() {
            return mood == Mood.FULL || (mood == Mood.TRICKLING && random.nextBoolean());
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            answer();
            if (takesNothing()) {
                throw new StorageFull("full", null);
            }
            super.putIfAbsent(key, source);
        }

        @Override
        public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
            answer();
            return super.open(key, range);
        }

        @Override
        public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
            answer();
            return super.stat(key);
        }

        @Override
        public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
            answer();
            return super.list(prefix, after, limit);
        }

        @Override
        public void delete(Collection<ObjectKey> keys) throws StorageException {
            answer();
            super.delete(keys);
        }
    }

    /** A backup, or an expiry: nothing but the record of the attempts says that an expiry was done. */
    private record Work(ScheduledTask name, Map<Instant, List<String>> done) implements Task {
        @Override
        public Optional<CronSchedule> schedule() {
            return Optional.empty();
        }

        @Override
        public List<RepositorySettings> repositories() {
            return List.of();
        }

        @Override
        public Optional<String> repository() {
            return Optional.empty();
        }

        @Override
        public Done work(Hold hold) {
            throw new IllegalStateException();
        }

        @Override
        public Optional<TaskState> settled(ClusterArchive archive, Instant due, Instant now) {
            return name == ScheduledTask.BACKUP && done.containsKey(due)
                    ? Optional.of(new TaskState.Done(due))
                    : Optional.empty();
        }
    }

    /** What goes on on one host. */
    private final class Host {
        private final String name;
        private TaskClaims claims;
        private final Task task;
        private final MovableClock its = new MovableClock(BEGIN);
        private Duration off = Duration.ZERO;
        private TaskState.@Nullable Due attempt;
        /** What it is about to claim, after a look of a while ago. */
        private TaskState.@Nullable Due found;

        private @Nullable Pulse pulse;
        private int minutesLeft;
        /** Until when its processes stand still. */
        private Instant still = Instant.MIN;

        private boolean isBusy;
        /** As a host remembers it in its spool. */
        private Instant seenDone = Instant.MIN;

        Host(String name, Task task) {
            this.name = name;
            this.task = task;
            this.claims = claims();
        }

        /** In the repositories that answer now; each host prefers another one. */
        private TaskClaims claims() {
            List<ClusterArchive> answering = new ArrayList<>();
            for (int i = 0; i < archives.size(); i++) {
                if (stores.get(i).mood != Mood.GONE) {
                    answering.add(archives.get(i));
                }
            }
            Collections.rotate(answering, name.charAt(name.length() - 1));
            return new TaskClaims(new RunRecords(answering), task, new Claimant("db", name));
        }

        private Instant now() {
            return clock.instant().plus(off);
        }

        private boolean isStill() {
            return clock.instant().isBefore(still);
        }

        private void kill() {
            if (pulse != null) {
                pulse.close();
            }
            pulse = null;
            attempt = null;
            found = null;
        }

        /** A minute of its life. */
        private void live(Random random) {
            if (isStill() || isBusy) {
                return;
            }
            its.set(now());
            isBusy = true;
            try {
                if (pulse == null || attempt == null) {
                    begin(random);
                } else {
                    pulse.look();
                    minutesLeft--;
                    if (minutesLeft <= 0) {
                        end(pulse, attempt, random);
                    }
                }
            } catch (IOException | UserFacingException e) {
                // What a host refuses to do, because of its clock; or no repository takes anything.
            } finally {
                isBusy = false;
            }
        }

        private void begin(Random random) throws IOException {
            Instant due = BEGIN.plus(
                    PERIOD.multipliedBy(Duration.between(BEGIN, now()).dividedBy(PERIOD)));
            if (due.equals(seenDone)) {
                return;
            }
            if (found == null) {
                claims = claims();
                TaskState state = claims.state(due, now());
                seenDone = state instanceof TaskState.Done ? due : seenDone;
                found = state instanceof TaskState.Due ready ? ready : null;
                if (random.nextInt(4) == 0) {
                    return; // it is slow, and others act in between
                }
            }
            TaskState.Due ready = found;
            found = null;
            if (ready != null) {
                pulse = claims.begin(ready, its).orElse(null);
                attempt = pulse == null ? null : ready;
                minutesLeft = 1 + random.nextInt(90);
            }
        }

        private void end(Pulse held, TaskState.Due ready, Random random) throws IOException {
            try {
                if (task.name() == ScheduledTask.BACKUP) {
                    held.requireToPublish();
                } else {
                    held.requireToDelete();
                }
                if (stores.stream().allMatch(MoodyStore::takesNothing)) {
                    throw new StorageFull("full", null);
                }
            } catch (StorageException | UserFacingException e) {
                kill();
                held.end(new Outcome(
                        now(), false, StorageErrors.explain(e).exitCode().status(), "lost"));
                return;
            }
            done.computeIfAbsent(ready.since(), any -> new ArrayList<>()).add(name);
            // A backup that is published is found, whatever becomes of its host. An expiry that is cut off is done once
            // more: nothing is left for it to delete.
            if (task.name() == ScheduledTask.EXPIRE || random.nextInt(10) > 0) {
                pulse = null;
                attempt = null;
                held.close();
                held.end(new Outcome(now(), true, 0, ""));
            }
            kill();
        }
    }

    @Test
    void whatIsDueIsDoneOnceWhateverBecomesOfTheHosts() throws IOException {
        Random seeds = Rounds.random();
        int rounds = Rounds.of(5, 200);
        for (int round = 0; round < rounds; round++) {
            long seed = seeds.nextLong();
            new FleetTest().live(new Random(seed), "round " + round + ", of seed " + seed);
        }
    }

    /** One repository is always well: each claim is there. */
    @Test
    void whatIsDueIsDoneOnceWhateverBecomesOfTheOtherRepositories() throws IOException {
        Random seeds = Rounds.random();
        int rounds = Rounds.of(2, 200);
        for (int round = 0; round < rounds; round++) {
            long seed = seeds.nextLong();
            Random random = new Random(seed);
            FleetTest fleet = new FleetTest();
            fleet.addRepository();
            if (random.nextBoolean()) {
                fleet.addRepository();
            }
            List<MoodyStore> moody = new ArrayList<>(fleet.stores);
            moody.remove(random.nextInt(moody.size()));
            fleet.live(random, moody, Mood.values(), "seed " + seed);
        }
    }

    /** Each of them refuses what it is given, perhaps at the same time, and shows what it has. */
    @Test
    void whatIsDueIsDoneOnceWhereEveryRepositoryIsFullNowAndThen() throws IOException {
        Random seeds = Rounds.random();
        int rounds = Rounds.of(2, 200);
        Mood[] readable = {Mood.WELL, Mood.FULL, Mood.TRICKLING};
        for (int round = 0; round < rounds; round++) {
            long seed = seeds.nextLong();
            FleetTest fleet = new FleetTest();
            fleet.addRepository();
            fleet.live(new Random(seed), fleet.stores, readable, "seed " + seed);
        }
    }

    private void live(Random random, String story) throws IOException {
        live(random, List.of(), new Mood[0], story);
    }

    private void live(Random random, List<MoodyStore> moody, Mood[] moods, String story) throws IOException {
        // What an expiry did is found only in its record, which no full repository takes.
        boolean isBackup = moody.size() == stores.size() || random.nextBoolean();
        Task task = new Work(isBackup ? ScheduledTask.BACKUP : ScheduledTask.EXPIRE, done);
        List<Host> hosts = new ArrayList<>();
        for (int host = 0; host < 2 + random.nextInt(2); host++) {
            hosts.add(new Host("host " + host, task));
        }
        stores.forEach(each -> each.random = random);
        meanwhile = () -> {
            if (random.nextInt(40) == 0) {
                hosts.get(random.nextInt(hosts.size())).live(random);
            }
        };
        Instant end = BEGIN.plus(Duration.ofDays(5));
        Instant quiet = end.minus(PERIOD).minus(PERIOD);
        while (clock.instant().isBefore(end)) {
            clock.forward(MINUTE);
            if (clock.instant().isBefore(quiet)) {
                befall(hosts.get(random.nextInt(hosts.size())), random);
                if (!moody.isEmpty() && random.nextInt(30) == 0) {
                    moody.get(random.nextInt(moody.size())).mood = moods[random.nextInt(moods.length)];
                }
            } else {
                hosts.forEach(each -> each.off = Duration.ZERO);
                stores.forEach(each -> each.mood = Mood.WELL);
            }
            Collections.shuffle(hosts, random);
            for (Host each : List.copyOf(hosts)) {
                each.live(random);
            }
        }
        assertThat(done.values()).as("%s: %s", story, done).allMatch(by -> by.size() == 1);
        assertThat(done).as(story).containsKeys(end.minus(PERIOD).minus(PERIOD), end.minus(PERIOD));
        assertThat(done.size()).as("%s: %s", story, done).isGreaterThanOrEqualTo(8);
    }

    /** Something each hour or so. */
    private void befall(Host host, Random random) {
        switch (random.nextInt(300)) {
            case 0 -> {
                host.kill();
                host.still = clock.instant().plus(MINUTE.multipliedBy(random.nextInt(120)));
            }
            case 1, 2 -> host.still = clock.instant().plus(MINUTE.multipliedBy(random.nextInt(120)));
            case 3 -> host.off = Duration.ofMinutes(random.nextInt(41) - 20L);
            case 4 -> host.off = Duration.ZERO;
            default -> {}
        }
    }

    /** Its sign comes after the look of another host, and before its claim. */
    @Test
    void whoClaimsWhatWasCutOffLooksOnceMore() throws IOException {
        Task task = new Work(ScheduledTask.EXPIRE, done);
        Host first = new Host("first", task);
        Host second = new Host("second", task);
        TaskState.Due due = new TaskState.Due(BEGIN, 1);
        try (Pulse pulse = first.claims.begin(due, clock).orElseThrow()) {
            clock.forward(ScheduledRuns.LONGEST_SILENCE);
            TaskState.Due over = (TaskState.Due) second.claims.state(BEGIN, clock.instant());
            pulse.requireToDelete();

            assertThat(second.claims.begin(over, clock)).isEmpty();
            for (int minute = 1; minute <= 60; minute++) {
                clock.forward(MINUTE);
                pulse.look();
                assertThat(second.claims.state(BEGIN, clock.instant())).isInstanceOf(TaskState.Running.class);
            }
            clock.forward(Duration.ofMinutes(12));
            pulse.requireToDelete(); // who gave way has not taken over
        }
    }

    @Test
    void whoWakesUpAfterAnotherTookOverNeitherPublishesNorDeletes() throws IOException {
        Task task = new Work(ScheduledTask.EXPIRE, done);
        Host first = new Host("first", task);
        Host second = new Host("second", task);
        try (Pulse pulse =
                first.claims.begin(new TaskState.Due(BEGIN, 1), clock).orElseThrow()) {
            pulse.requireToDelete();
            clock.forward(ScheduledRuns.LONGEST_SILENCE);
            TaskState.Due over = (TaskState.Due) second.claims.state(BEGIN, clock.instant());
            second.claims.begin(over, clock).orElseThrow().close();

            assertThatThrownBy(pulse::requireToDelete).hasMessageContaining("taken over");
            assertThatThrownBy(pulse::requireToPublish).hasMessageContaining("no sign of life for 15m");
        }
    }
}
