// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.LongStream;
import org.tidemark.acceptance.random.MemoryStoreProvider.Site;
import org.tidemark.acceptance.random.MemoryStoreProvider.State;
import org.tidemark.acceptance.random.ModelRecovery.BackupWal;
import org.tidemark.acceptance.random.ModelRecovery.Holding;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.retention.ByPolicy;
import org.tidemark.operations.retention.Deletion;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.operations.sync.SyncObserver;
import org.tidemark.operations.sync.SyncRun;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncReport;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.WalReading;
import org.tidemark.store.ObjectKey;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.CheckRequest;
import org.tidemark.watch.check.Checkup;
import org.tidemark.watch.status.ClusterStatus;

/**
 * One life of a cluster with a few repositories and two hosts: the server's, and another one. After each step it
 * compares what was done with what the policies promise at the right time, which no host and no store need know. Not
 * thread-safe.
 */
final class Life implements AutoCloseable {
    private static final Instant BEGIN = Instant.parse("2026-01-05T00:00:00Z");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final PrintStream NOWHERE =
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    private static final int DAYS_OFF = 300;
    private static final Set<State> TAKES = Set.of(State.REACHED, State.TRICKLING);
    private static final List<State> OUTAGES = List.of(State.AWAY, State.FULL, State.READ_ONLY, State.TRICKLING);
    /** The WAL of an unfinished backup, such as the beginning of a copy, stays for seven days. */
    private static final Duration LONGEST_UNFINISHED = Duration.ofDays(8);
    /** There is no server, and nothing is verified. */
    private static final Set<String> NOT_ASKED = Set.of("server", "verification");

    private static final ExpiryRun.Observer QUIET = repository -> new NoProgress();

    private final Path directory;
    private final List<Place> repositories = new ArrayList<>();
    private final List<Host> hosts = new ArrayList<>();
    private final ModelRecovery recovery = new ModelRecovery(LivedCluster.SUBJECT);
    private final Map<Long, Instant> writtenAt = new TreeMap<>();
    private final List<String> story = new ArrayList<>();
    private final List<BrokenBackup> lately = new ArrayList<>();

    private Instant now = BEGIN;
    private long next = 1;
    private int contentChecks;
    private boolean clockWasWrong;
    private int timelines = 1;

    /** A backup that lost an object. */
    private record BrokenBackup(BackupId id, BackupWal wal, Instant at) {}

    /** A repository. */
    private static final class Place {
        private final String name;
        private final Site site;
        private final RepositoryId id;
        private final RetentionPolicy policy;
        private Duration off = Duration.ZERO;

        Place(String name, Site site, RepositoryId id, RetentionPolicy policy) {
            this.name = name;
            this.site = site;
            this.id = id;
            this.policy = policy;
        }
    }

    /** A host. */
    private static final class Host {
        private final String name;
        private final Path directory;
        private final MovableClock clock = new MovableClock(BEGIN);
        private Duration off = Duration.ZERO;

        Host(String name, Path directory) {
            this.name = name;
            this.directory = directory;
        }
    }

    /**
     * What a repository held at some time.
     *
     * @param queued what it holds once its queue is delivered
     * @param copied the same once each backup that it did not remove itself is copied to it
     */
    private record Held(Holding own, Holding queued, Holding copied) {}

    private static final class NoProgress implements ObjectProgress {
        @Override
        public void done(long objects, long bytes) {}

        @Override
        public void close() {}
    }

    /** A life begins: with repositories of its own, which hold nothing yet. */
    Life(Path directory, Random random) throws IOException {
        this.directory = directory;
        int count = 2 + random.nextInt(2);
        StringBuilder text = new StringBuilder();
        List<String> names = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            String address = "life-" + UUID.randomUUID();
            Site site = MemoryStoreProvider.site(address, new MovableClock(BEGIN));
            Repository created = Repository.create(site.objects(), site.clock());
            created.register(LivedCluster.IDENTITY, site.clock());
            RetentionPolicy policy = random.nextBoolean()
                    ? new Redundancy(1 + random.nextInt(4))
                    : new RecoveryWindow(1 + random.nextInt(12), RetentionPolicy.Unit.DAYS);
            Place place = new Place("r" + number, site, created.id(), policy);
            repositories.add(place);
            names.add("'" + place.name + "'");
            text.append(
                    "[repository.%s]%nurl = 'memory://%s/'%nretention = '%s'%n".formatted(place.name, address, policy));
            story.add(place.name + " keeps " + policy);
        }
        for (String name : List.of("db1", "db2")) {
            Host host = new Host(name, Files.createDirectories(directory.resolve(name)));
            Files.createDirectories(host.directory.resolve("pg_wal"));
            Files.createDirectories(host.directory.resolve("spool"));
            Path file = host.directory.resolve("tidemark.toml");
            Files.writeString(
                    file,
                    "[host]%nspool = '%s'%n%s[cluster.main]%nconninfo = 'host=%s'%nrepositories = %s%nacknowledge = 1%n"
                            .formatted(host.directory.resolve("spool"), text, host.directory, names));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            hosts.add(host);
        }
        for (Host host : hosts) {
            try (Session session = session(host)) {
                for (RepositorySettings each : session.repositorySettings()) {
                    session.repository(each);
                }
            }
        }
    }

    /** What has happened, and how often check was content. */
    List<String> story() {
        return List.copyOf(story);
    }

    int contentChecks() {
        return contentChecks;
    }

    private Session session(Host host) {
        Environment environment = new Environment(Map.of(), host.directory, host.directory, host.directory);
        return Session.open(
                environment,
                host.clock,
                new Session.Choice(
                        Optional.of(host.directory.resolve("tidemark.toml")),
                        List.of(),
                        Optional.empty(),
                        List.of(),
                        List.of()),
                NOWHERE);
    }

    private void pass(Duration time) {
        now = now.plus(time);
        setClocks();
    }

    private void setClocks() {
        hosts.forEach(each -> each.clock.set(now.plus(each.off)));
        repositories.forEach(each -> each.site.clock().set(now.plus(each.off)));
    }

    /** Lives through one step, and looks at what it did. */
    void live(Step step) throws Exception {
        Random random = new Random(step.seed());
        pass(Duration.ofMinutes(1));
        story.add(step.kind() + " at " + now);
        Map<Place, Held> before = held();
        Set<BackupId> deleted = new TreeSet<>();
        switch (step.kind()) {
            case TIME -> pass(Duration.ofMinutes(30 + random.nextInt(72 * 60)));
            case WAL -> wal(1 + random.nextInt(3));
            case BACKUP -> backup(random);
            case EXPIRE -> expire(any(hosts, random));
            case DELETE -> delete(any(hosts, random), random, deleted);
            case SYNC -> sync(any(hosts, random));
            case OUTAGE -> become(any(repositories, random), any(OUTAGES, random));
            case OUTAGE_ENDS -> repositories.forEach(each -> become(each, State.REACHED));
            case LOSS -> {
                lose(any(repositories, random), random);
                before = held();
            }
            case CLOCK -> clock(random);
            case CLOCK_IS_RIGHT -> clocksAreRight();
            case COPY -> copy(any(repositories, random), random);
            case STRAY_HISTORY -> strayHistory(random);
        }
        nothingPromisedIsGone(before, deleted);
        contentOnlyIfRecoverable(random);
    }

    private static <T> T any(List<T> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }

    private void tell(String what) {
        story.set(story.size() - 1, story.getLast() + " · " + what);
    }

    private void wal(int segments) throws Exception {
        for (int i = 0; i < segments; i++) {
            pass(Duration.ofMinutes(20));
            if (!push()) {
                return;
            }
        }
    }

    /** The server archives its next segment, or will try that again. */
    private boolean push() throws Exception {
        writtenAt.putIfAbsent(next, now);
        if (!push(LivedCluster.segment(next), LivedCluster.content(next))) {
            return false;
        }
        next++;
        return true;
    }

    private boolean push(WalFile name, byte[] content) throws Exception {
        Host host = hosts.getFirst();
        Path file = host.directory.resolve("pg_wal").resolve(name.name());
        Files.write(file, content);
        Path spool = host.directory.resolve("spool");
        try (Session session = session(host)) {
            List<PushTarget> targets = session.repositorySettings().stream()
                    .map(settings -> new PushTarget(
                            settings.name(),
                            Encoding.of(Codec.parse("zstd:1")),
                            system -> session.repository(settings)
                                    .incarnation(LivedCluster.NAME, system)
                                    .orElseThrow(),
                            () -> session.repositories().rememberedId(settings)))
                    .toList();
            new WalPusher(
                            targets,
                            spool,
                            new Acknowledgement(
                                    1, new Spool(spool, 1L << 30), LivedCluster.NAME, LIMIT, LIMIT, host.clock))
                    .push(new PushRequest(name, file, LivedCluster.control()));
            tell("archived " + name.name());
            return true;
        } catch (IOException | UserFacingException e) {
            tell("not archived " + name.name() + ": " + e.getMessage());
            return false;
        } finally {
            Files.delete(file);
        }
    }

    /** Takes a backup into the repositories that are reached, as the first one that is in order. */
    private void backup(Random random) throws Exception {
        Host host = hosts.getFirst();
        Place target = any(repositories, random);
        long place = next;
        if (!push() || !TAKES.contains(target.site.state())) {
            tell("no backup");
            return;
        }
        try (Session session = session(host)) {
            List<Finding> told = new ArrayList<>();
            new QueueDelivery(session, host.clock)
                    .deliverBeforeBackup(session.repositorySettings(target.name), told::add);
        } catch (UserFacingException e) {
            tell("no backup: " + e.getMessage());
            return;
        }
        if (!holding(target).segments().contains(place)) {
            tell("no backup: " + target.name + " lacks " + place);
            return;
        }
        BackupId id = unused(host.clock.instant());
        LivedCluster.backup(target.site.objects(), id, place, host.clock.instant(), directory);
        tell("backup " + id + " of " + place + " in " + target.name);
    }

    private BackupId unused(Instant ended) throws IOException {
        int number = 1;
        while (true) {
            BackupId id = BackupId.of(ended, number);
            boolean used = false;
            for (Place each : repositories) {
                used |= each.site
                        .objects()
                        .stat(LivedCluster.IDENTITY.keys().backup(id).intent())
                        .isPresent();
            }
            if (!used) {
                return id;
            }
            number++;
        }
    }

    private void expire(Host host) {
        run(host, new ByPolicy(false, true));
    }

    private void delete(Host host, Random random, Set<BackupId> deleted) throws IOException {
        Holding holding = holding(any(repositories, random));
        if (holding.backups().isEmpty()) {
            return;
        }
        BackupId id = any(List.copyOf(holding.backups().keySet()), random);
        deleted.add(id);
        tell("delete " + id);
        run(host, named(Set.of(id)));
    }

    private static ExpiryRun.Planning named(Set<BackupId> ids) {
        return new ExpiryRun.Planning() {
            @Override
            public ExpiryOutlook.Rule rule(RetentionSettings settings, Optional<Tombstone> last) {
                return new Deletion.Named(ids).rule(settings.minimumRedundancy());
            }

            @Override
            public String why(RetentionSettings settings) {
                return "deleted";
            }
        };
    }

    private void run(Host host, ExpiryRun.Planning planning) {
        try (Session session = session(host)) {
            ExpiryRun.Result result = new ExpiryRun(session, host.clock, ExpiryRun.Mode.DELETE, QUIET).run(planning);
            result.archives()
                    .forEach(each -> tell(host.name + " " + each.planned().repository() + ": "
                            + each.report().map(report -> report.toString()).orElse("nothing")
                            + each.failure().map(e -> " " + e.getMessage()).orElse("")));
        } catch (UserFacingException e) {
            tell(host.name + ": " + e.getMessage());
        }
    }

    private void sync(Host host) {
        try (Session session = session(host)) {
            new SyncRun(
                            session,
                            host.clock,
                            new SyncOptions(1, SyncOptions.SyncMode.COPY, SyncOptions.Comparing.NOTHING),
                            new TellingObserver())
                    .heal(session.repositorySettings());
        } catch (UserFacingException e) {
            tell(host.name + ": " + e.getMessage());
        }
    }

    private final class TellingObserver implements SyncObserver {
        @Override
        public void delivered(String repository, DeliveryReport delivered) {
            tell("delivered " + delivered + " to " + repository);
        }

        @Override
        public void refused(String repository, RefusedObject refused) {
            tell("refused " + refused);
        }

        @Override
        public void copied(String from, String to, SyncReport report) {
            if (report.objects() + report.problemCount() > 0) {
                tell(from + " -> " + to + ": " + report.objects() + " objects, problems " + report.problems());
            }
        }

        @Override
        public void leftAlone(String one, String other) {}

        @Override
        public void otherKeys(String from, String to) {}

        @Override
        public void abandoned(String id, int objects) {}

        @Override
        public void failed(String what, UserFacingException problem) {
            tell(what + " failed: " + problem.getMessage());
        }

        @Override
        public ObjectProgress copying(String title) {
            return new NoProgress();
        }
    }

    private void become(Place place, State state) {
        place.site.become(state);
        tell(place.name + " is " + state);
    }

    /** The repository is moved to another store, which keeps the times of its own. */
    private void copy(Place place, Random random) throws IOException {
        clockWasWrong = true;
        Instant moment = any(List.of(Instant.EPOCH, now, Instant.parse("2038-01-19T03:14:07Z")), random);
        boolean isShuffled = random.nextBoolean();
        place.site.copy(
                () -> isShuffled ? Instant.EPOCH.plus(Duration.ofHours(random.nextInt(68 * 365 * 24))) : moment);
        setClocks();
        tell(place.name + " is a copy of " + (isShuffled ? "any times" : moment));
    }

    /** Somebody has promoted a server, whose WAL never arrives. */
    private void strayHistory(Random random) throws Exception {
        TimelineHistoryFile history = new TimelineHistoryFile(new Timeline(++timelines));
        Lsn end = LivedCluster.SIZE.start(1 + random.nextLong(next + 3)).plus(0x100);
        byte[] content = ("1\t" + end + "\tno recovery target specified\n").getBytes(StandardCharsets.US_ASCII);
        boolean isPushed = push(history, content);
        for (Place each : repositories) {
            if (random.nextInt(3) == 0) {
                each.site.objects().delete(List.of(LivedCluster.IDENTITY.keys().of(history)));
                tell("lost in " + each.name);
            }
        }
        tell((isPushed ? "" : "not ") + "archived " + history.name() + " of " + end);
    }

    /** The newest backup is listed each time, the others once a day. */
    private Holding asLookedAt(Holding there) {
        Map<BackupId, BackupWal> seen = new TreeMap<>(there.backups());
        for (BrokenBackup each : lately) {
            boolean isOlder = there.backups().keySet().stream().anyMatch(id -> id.compareTo(each.id()) > 0);
            if (isOlder && now.isBefore(each.at().plus(Duration.ofDays(1)))) {
                seen.putIfAbsent(each.id(), each.wal());
            }
        }
        return new Holding(seen, there.segments());
    }

    /** An object of a backup or a segment is lost. */
    private void lose(Place place, Random random) throws IOException {
        List<ObjectKey> keys = new ArrayList<>();
        Listing.visit(place.site.objects(), LivedCluster.IDENTITY.keys().prefix(), object -> {
            String key = object.key().value();
            boolean segment = key.substring(key.lastIndexOf('/') + 1).matches("[0-9A-F]{24}");
            if (segment || key.contains("/bundle/") || key.endsWith("/bundles") || key.contains("/manifest/")) {
                keys.add(object.key());
            }
        });
        if (!keys.isEmpty()) {
            ObjectKey lost = any(keys, random);
            Map<BackupId, BackupWal> broken = new TreeMap<>(holding(place).backups());
            place.site.objects().delete(List.of(lost));
            tell("lost in " + place.name + ": " + lost);
            broken.keySet().removeAll(holding(place).backups().keySet());
            broken.forEach((id, wal) -> lately.add(new BrokenBackup(id, wal, now)));
        }
    }

    private void clock(Random random) {
        clockWasWrong = true;
        Duration off = Duration.ofHours(random.nextInt(2 * DAYS_OFF * 24) - DAYS_OFF * 24);
        if (random.nextBoolean()) {
            Host host = any(hosts, random);
            host.off = off;
            tell(host.name + " is off by " + off);
        } else {
            Place place = any(repositories, random);
            place.off = off;
            tell(place.name + " is off by " + off);
        }
        setClocks();
    }

    private void clocksAreRight() {
        hosts.forEach(each -> each.off = Duration.ZERO);
        repositories.forEach(each -> each.off = Duration.ZERO);
        setClocks();
    }

    private Holding holding(Place place) throws IOException {
        return recovery.of(place.site.objects(), place.name);
    }

    private Map<Place, Held> held() throws IOException {
        Map<Place, Holding> own = new HashMap<>();
        for (Place each : repositories) {
            own.put(each, holding(each));
        }
        Map<Place, Held> all = new HashMap<>();
        for (Place each : repositories) {
            NavigableSet<Long> queued = queued(each);
            NavigableSet<Long> elsewhere = new TreeSet<>();
            Map<BackupId, BackupWal> backups = new TreeMap<>();
            own.forEach((other, holding) -> {
                if (other != each) {
                    elsewhere.addAll(holding.segments());
                    backups.putAll(holding.backups());
                }
            });
            queued.retainAll(elsewhere);
            backups.keySet().removeAll(recovery.removed(each.site.objects()));
            Holding mine = requireNonNull(own.get(each));
            Holding delivered = mine.with(new Holding(Map.of(), queued));
            all.put(each, new Held(mine, delivered, delivered.with(new Holding(backups, queued))));
        }
        return all;
    }

    private NavigableSet<Long> queued(Place place) throws IOException {
        NavigableSet<Long> queued = new TreeSet<>();
        for (Host host : hosts) {
            for (PendingQueue queue : new Spool(host.directory.resolve("spool"), 1L << 30).queues()) {
                if (queue.repository().equals(place.id)) {
                    for (PendingObject each : queue.pending()) {
                        if (WalFile.parse(each.keyName()) instanceof Segment segment) {
                            queued.add(segment.index(LivedCluster.SIZE));
                        }
                    }
                }
            }
        }
        return queued;
    }

    /** The first segment to whose end, and to all later ones, a policy promises the way, if there is one at all. */
    private long promisedFrom(Place place, Holding before) {
        List<Long> newest = before.backups().values().stream()
                .map(BackupWal::first)
                .sorted()
                .toList()
                .reversed();
        if (newest.isEmpty()) {
            return Long.MAX_VALUE;
        }
        return switch (place.policy) {
            case Redundancy redundancy -> newest.get(Math.min(redundancy.backups(), newest.size()) - 1);
            case RecoveryWindow window ->
                Math.min(
                        newest.getFirst(),
                        writtenAt.entrySet().stream()
                                .filter(each -> !each.getValue().isBefore(window.begin(now)))
                                .map(Map.Entry::getKey)
                                .findFirst()
                                .orElse(Long.MAX_VALUE));
            case RetentionPolicy.Since since -> throw new IllegalStateException(since.toString());
        };
    }

    private void nothingPromisedIsGone(Map<Place, Held> before, Set<BackupId> deleted) throws IOException {
        Map<Place, Held> after = held();
        for (Place place : repositories) {
            Held earlier = requireNonNull(before.get(place));
            Held later = requireNonNull(after.get(place));
            same(place, earlier.own(), earlier.own(), later.own(), deleted);
            // Its policy counts the backups that it gets. Then it needs no older WAL, though nothing else is lost.
            same(place, earlier.queued(), earlier.copied(), later.copied(), deleted);
        }
    }

    /** @param counted with the backups that the policy counts */
    private void same(Place place, Holding before, Holding counted, Holding after, Set<BackupId> deleted) {
        long from = promisedFrom(place, without(deleted, counted));
        NavigableSet<Long> gone =
                new TreeSet<>(without(deleted, before).reachable().tailSet(from, true));
        gone.removeAll(after.reachable());
        if (!gone.isEmpty()) {
            throw new AssertionError(place.name + " promises what is after " + (from - 1) + " ("
                    + place.policy + "), and no longer reaches " + gone + ": it had " + before + ", and has "
                    + after);
        }
    }

    private static Holding without(Set<BackupId> deleted, Holding holding) {
        Map<BackupId, BackupWal> others = new TreeMap<>(holding.backups());
        others.keySet().removeAll(deleted);
        return new Holding(others, holding.segments());
    }

    private void contentOnlyIfRecoverable(Random random) throws Exception {
        Host host = any(hosts, random);
        Holding union = new Holding(Map.of(), new TreeSet<>());
        for (Place each : repositories) {
            if (each.site.state() != State.AWAY) {
                union = union.with(holding(each));
            }
        }
        try (Session session = session(host)) {
            CheckReport report = Checkup.of(session, host.clock, new CheckRequest(LIMIT, false, false));
            boolean content = report.findings().stream()
                    .filter(each -> !NOT_ASKED.contains(each.subject().toLowerCase(Locale.ROOT)))
                    .allMatch(each -> each.severity() == Finding.Severity.OK);
            if (!content) {
                return;
            }
            contentChecks++;
            NavigableSet<Long> reachable = union.reachable();
            long newest = union.segments().isEmpty() ? 0 : union.segments().last();
            if (!reachable.contains(newest)) {
                throw new AssertionError("check is content, but no recovery leads to " + newest + ": " + union);
            }
            NavigableSet<Long> told = asLookedAt(union).reachable();
            ClusterStatus status =
                    ClusterStatus.of(session, ClusterReading.of(session, WalReading.WHOLE, host.clock.instant()));
            for (ClusterStatus.Incarnation each : status.incarnations()) {
                for (Interval interval : each.together().recoverable().intervals()) {
                    long first = LivedCluster.SIZE.segmentNumber(interval.begin());
                    long last = interval.last().index(LivedCluster.SIZE);
                    long place = first + random.nextLong(last - first + 1);
                    if (!told.contains(place)) {
                        throw new AssertionError("check is content, and an interval is told from " + first + " to "
                                + last + ", but no recovery leads to " + place + ": " + union);
                    }
                }
            }
        }
    }

    /** The faults are over; what no policy promises any more is gone after two more runs of everything. */
    void end() throws Exception {
        story.add("all faults end");
        repositories.forEach(each -> become(each, State.REACHED));
        for (int timeline = 2; timeline <= timelines; timeline++) {
            ObjectKey history = LivedCluster.IDENTITY.keys().of(new TimelineHistoryFile(new Timeline(timeline)));
            for (Place each : repositories) {
                each.site.objects().delete(List.of(history));
            }
        }
        clocksAreRight();
        sync(hosts.getFirst());
        deleteBroken();
        pass(LONGEST_UNFINISHED);
        // A wrong date that has passed counts: it cannot be told from a right one. The longest window may pass before
        // that, since until then the backup is the one that leads to the window, and once more after it.
        int runs = clockWasWrong ? 12 : 2;
        for (int run = 0; run < 2 || (run < runs && staysInVain().isPresent()); run++) {
            pass(Duration.ofDays(3));
            wal(1);
            backup(new Random(run));
            sync(hosts.getFirst());
            for (Host host : hosts) {
                live(new Step(Step.Kind.EXPIRE, host.name.hashCode()));
            }
        }
        staysInVain().ifPresent(left -> {
            throw new AssertionError(left);
        });
    }

    /** What stays although no policy promises it. */
    private Optional<String> staysInVain() throws IOException {
        for (Place place : repositories) {
            Optional<String> left = staysInVain(place);
            if (left.isPresent()) {
                return left;
            }
        }
        return Optional.empty();
    }

    /** An operator deletes what no repository has whole: until then it is waited for. */
    private void deleteBroken() throws IOException {
        Set<BackupId> whole = new TreeSet<>();
        Set<BackupId> all = new TreeSet<>();
        for (Place each : repositories) {
            whole.addAll(holding(each).backups().keySet());
            all.addAll(recovery.published(each.site.objects()));
        }
        all.removeAll(whole);
        if (!all.isEmpty()) {
            tell("delete " + all);
            run(hosts.getFirst(), named(all));
        }
    }

    /** Of the segments before what is promised, those stay that lead to it. */
    private Optional<String> staysInVain(Place place) throws IOException {
        Holding holding = holding(place);
        long promised = promisedFrom(place, holding);
        // A window begins in the middle of a segment, and with a backup from before that.
        long from = holding.backups().values().stream()
                .filter(each -> holding.segments()
                        .containsAll(LongStream.rangeClosed(each.first(), each.last())
                                .boxed()
                                .toList()))
                .map(BackupWal::first)
                .filter(each -> each < promised || (place.policy instanceof Redundancy && each == promised))
                .max(Long::compareTo)
                .orElse(promised);
        NavigableSet<Long> left = holding.segments().headSet(from, false);
        return left.isEmpty()
                ? Optional.empty()
                : Optional.of(place.name + " promises what is after " + (promised - 1) + " (" + place.policy
                        + "), reached from " + from + ", and still holds " + left + ": " + holding);
    }

    @Override
    public void close() {
        repositories.forEach(each -> each.site.close());
    }
}
