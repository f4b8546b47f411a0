// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.random.ModelRecovery.Holding;
import org.tidemark.acceptance.random.ServerEvents.Obstacle;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * A short life of a real server with two repositories on disks, by the program's commands. After each step it compares
 * what the model says of one target with what {@code recover} says, and at the end with a recovery. Not thread-safe.
 */
final class RealLife implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final List<String> REPOSITORIES = List.of("near", "far");

    /** How many rows there are, and the last one. */
    static final String ROWS = "SELECT count(*) || ' to ' || coalesce(max(n), 0) FROM public.rows";

    private final PostgresBinaries binaries;
    private final Random random;
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server;
    private final Set<String> away = new TreeSet<>();
    private final TreeMap<Long, Mark> marks = new TreeMap<>();
    private final List<Row> committed = new ArrayList<>();
    private final Set<Fault> faults = new TreeSet<>();
    private final List<String> story = new ArrayList<>();
    private final ServerEvents events;
    private String toml = "";
    private int rows;
    private int refusals;

    /** A moment in a segment: {@code rows} are committed before {@code position}. */
    private record Mark(Lsn position, int rows) {}

    /** A row: when it was committed, a position after that and before the next commit, and the timeline. */
    record Row(Instant time, Lsn after, Timeline timeline) {}

    /** Whose fault a failed recovery may be. */
    enum Fault {
        BACKUP,
        WAL
    }

    RealLife(PostgresBinaries binaries, Random random) throws IOException {
        this.binaries = binaries;
        this.random = random;
        this.server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                // The model compares each archived segment with the server's own.
                .setting("wal_keep_size", "512MB")
                .setting("track_commit_timestamp", "on")
                .archiving(host.archiveCommand())
                .start();
        this.events = new ServerEvents(server, host.directory().resolve("tablespaces"));
        story.add(server.toString());
    }

    List<String> story() {
        return List.copyOf(story);
    }

    void tell(String what) {
        story.add(what);
    }

    /** How many targets {@code recover} refused, and rightly. */
    int refusals() {
        return refusals;
    }

    TidemarkHost host() {
        return host;
    }

    PostgresServer server() {
        return server;
    }

    PostgresBinaries binaries() {
        return binaries;
    }

    /** The rows in the order of their commits; each is the number of its place in this list, from 1 on. */
    List<Row> committed() {
        return List.copyOf(committed);
    }

    /** What was lost or damaged so far, in whatever repository. */
    Set<Fault> faults() {
        return Set.copyOf(faults);
    }

    void begin() throws IOException {
        begin("");
    }

    /** The model of the archive cannot read it. */
    void beginEncrypted() throws IOException {
        Path key = host.directory().resolve("private.key");
        host.configure(server.conninfo(), server.dataDirectory());
        begin(host.must("init", "--make-key", key.toString()).data() + "decrypt-with = ['" + key + "']\n");
        story.add("encrypted");
    }

    private void begin(String keys) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String repository : REPOSITORIES) {
            int redundancy = 1 + random.nextInt(2);
            lines.append("[repository.%s]%nurl = '%s'%nretention = 'REDUNDANCY %d'%n"
                            .formatted(repository, directory(repository).toUri(), redundancy))
                    .append(keys);
            story.add(repository + " keeps " + redundancy);
            Files.createDirectories(directory(repository));
        }
        lines.append("[cluster.main]%nconninfo = '%s'%ndata-directory = '%s'%nrepositories = ['near', 'far']%n"
                        .formatted(server.conninfo(), server.dataDirectory()))
                .append("acknowledge = 1%n".formatted());
        toml = lines.toString();
        host.configure(toml);
        host.must("init");
        server.sql("CREATE TABLE rows (n int)");
        backup();
        archive();
    }

    /** The configuration, with more tables. */
    void configure(String more) throws IOException {
        host.configure(toml + more);
    }

    private Path directory(String repository) {
        return host.directory().resolve("disk-" + repository);
    }

    /** One step at random, and then one target. */
    void live() throws IOException {
        step();
        if (!marks.isEmpty()) {
            compare(List.copyOf(marks.keySet()).get(random.nextInt(marks.size())));
        }
        checkIsNotContentInVain();
    }

    /** One step at random. */
    void step() throws IOException {
        switch (random.nextInt(19)) {
            case 0, 1, 2 -> archive();
            case 3, 4 -> backup();
            case 5, 6 -> lose();
            case 7 -> leaveOrComeBack();
            case 8 -> tell("expire", host.run("expire", "--confirm"));
            case 9, 10, 11 -> story.add(events.tablespace());
            case 12 -> notMounted();
            case 13 -> story.add(events.raiseASetting());
            case 14 -> lessWal();
            case 15, 16 -> story.add(events.promote());
            case 17 -> loseHistory();
            default -> tell("sync", host.run("sync"));
        }
    }

    private void tell(String command, Outcome outcome) {
        story.add(command + " ended with " + outcome.status());
    }

    void archive() {
        for (int more = random.nextInt(3); more >= 0; more--) {
            insert();
        }
        String segment = server.archiveCurrentSegment(LIMIT);
        marks.put(place(segment), new Mark(committed.getLast().after(), rows));
        story.add("archived " + segment + " with row " + rows);
    }

    private void insert() {
        rows++;
        server.sql("INSERT INTO rows VALUES (" + rows + ")");
        Lsn position = Lsn.parse(server.query("SELECT pg_current_wal_insert_lsn()"));
        Instant time = Instant.parse(server.query("SELECT to_char(pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC',"
                + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM rows WHERE n = " + rows));
        Timeline timeline = events.promoted().isEmpty()
                ? Timeline.FIRST
                : events.promoted().lastEntry().getValue();
        committed.add(new Row(time, position, timeline));
    }

    private static long place(String segment) {
        return ((Segment) WalFile.parse(segment)).index(SIZE);
    }

    private void backup() {
        tell("backup", host.run("backup", "--type", random.nextInt(3) == 0 ? "incremental" : "auto"));
    }

    private void notMounted() throws IOException {
        Optional<Outcome> backup = events.whileNotMounted(() -> host.run("backup"));
        if (backup.isPresent()) {
            tell("backup without the disk of the tablespace", backup.get());
            assertThat(backup.get().status()).as(backup.get().talk()).isNotZero();
            if (away.isEmpty()) {
                assertThat(backup.get().talk()).contains("Is its disk mounted?");
            }
        }
    }

    /** Where verify can see it. */
    private void lessWal() {
        if (away.isEmpty()) {
            story.add(events.writeLessForAWhile());
            faults.add(Fault.WAL);
        }
    }

    /** The history of the timeline is lost everywhere, and the operator makes one that says that it is lost. */
    private void loseHistory() throws IOException {
        if (!away.isEmpty()) {
            return;
        }
        Optional<TimelineHistoryFile> history = events.loseHistory();
        if (history.isPresent()) {
            String name = history.get().name();
            for (String repository : REPOSITORIES) {
                for (Path file : files(repository, file -> file.endsWith(name))) {
                    Files.delete(file);
                }
            }
            story.add("lost everywhere: " + name);
            faults.add(Fault.WAL);
            host.must("wal-resolve", name, "--lost", "--confirm");
            archive();
        }
    }

    private List<Path> files(String repository, Predicate<Path> which) throws IOException {
        try (Stream<Path> files = Files.walk(directory(repository))) {
            return files.filter(Files::isRegularFile).filter(which).sorted().toList();
        }
    }

    /** A file of one repository is lost: a segment or an object of a backup. */
    private void lose() throws IOException {
        String repository = REPOSITORIES.get(random.nextInt(REPOSITORIES.size()));
        if (away.contains(repository)) {
            return;
        }
        List<Path> all = files(repository, RealLife::isData);
        if (!all.isEmpty()) {
            Path lost = all.get(random.nextInt(all.size()));
            Files.delete(lost);
            faults.add(fault(lost));
            story.add("lost in " + repository + ": " + directory(repository).relativize(lost));
        }
    }

    /** An object is lost everywhere, or has other bytes everywhere. */
    void damage() throws IOException {
        comeBack();
        List<Path> all = files(REPOSITORIES.getFirst(), RealLife::isData);
        Path one = all.get(random.nextInt(all.size()));
        Path key = directory(REPOSITORIES.getFirst()).relativize(one);
        boolean isLost = random.nextBoolean();
        for (String repository : REPOSITORIES) {
            Path file = directory(repository).resolve(key);
            if (Files.exists(file)) {
                byte[] bytes = Files.readAllBytes(file);
                Files.delete(file);
                if (!isLost) {
                    bytes[random.nextInt(bytes.length)] ^= 1;
                    OperatingUser.current().own(Files.write(file, bytes));
                }
            }
        }
        faults.add(fault(one));
        story.add((isLost ? "lost everywhere: " : "damaged everywhere: ") + key);
    }

    private static Fault fault(Path object) {
        return object.toString().contains("/wal/") ? Fault.WAL : Fault.BACKUP;
    }

    private static boolean isData(Path file) {
        String path = file.toString();
        return path.contains("/bundle/")
                || path.contains("/manifest/")
                || path.endsWith("/bundles")
                || file.getFileName().toString().matches("[0-9A-F]{24}");
    }

    private void leaveOrComeBack() throws IOException {
        if (!comeBack()) {
            String repository = REPOSITORIES.get(random.nextInt(REPOSITORIES.size()));
            Files.move(directory(repository), aside(repository));
            away.add(repository);
            story.add(repository + " is away");
        }
    }

    private boolean comeBack() throws IOException {
        for (String repository : away) {
            Files.move(aside(repository), directory(repository));
            story.add(repository + " is back");
        }
        boolean any = !away.isEmpty();
        away.clear();
        return any;
    }

    /** The repositories that answer while another one is away; none while all answer. */
    List<String> answering() {
        return away.isEmpty()
                ? List.of()
                : REPOSITORIES.stream().filter(each -> !away.contains(each)).toList();
    }

    private Path aside(String repository) {
        return host.directory().resolve("away-" + repository);
    }

    private NavigableMap<Long, Timeline> timelines() {
        NavigableMap<Long, Timeline> begins = new TreeMap<>(Map.of(0L, Timeline.FIRST));
        events.promoted().forEach((segment, timeline) -> begins.put(place(segment), timeline));
        return begins;
    }

    private NavigableSet<Long> reachable() throws IOException {
        return reachable(reached());
    }

    private NavigableSet<Long> reachable(Holding held) {
        Set<Long> ending = events.minimal().stream().map(RealLife::place).collect(Collectors.toSet());
        events.promoted().forEach((segment, timeline) -> {
            if (events.lost().contains(timeline)) {
                ending.add(place(segment));
            }
        });
        return held.reachable(ending);
    }

    /** What the repositories that are not away hold together. */
    private Holding reached() throws IOException {
        ModelRecovery model = new ModelRecovery(new ModelRecovery.Subject(
                new ClusterName("main"),
                new SystemIdentifier(
                        Long.parseUnsignedLong(server.query("SELECT system_identifier FROM pg_control_system()"))),
                SIZE,
                timelines(),
                this::written));
        Holding union = new Holding(Map.of(), new TreeSet<>());
        for (String repository : REPOSITORIES) {
            if (!away.contains(repository)) {
                try (ObjectStore store =
                        new FileSystemStoreProvider().open(directory(repository).toUri(), Map.of())) {
                    union = union.with(model.of(store, repository));
                }
            }
        }
        return union;
    }

    private Segment segment(long place) {
        return Segment.of(timelines().floorEntry(place).getValue(), place, SIZE);
    }

    private byte[] written(long place) {
        try {
            return Files.readAllBytes(server.dataDirectory()
                    .resolve("pg_wal")
                    .resolve(segment(place).name()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Demands that the model and {@code recover} say the same of a target. */
    private void compare(long place) throws IOException {
        boolean reachable = reachable().contains(place);
        Outcome plan = host.run(recover("--dry-run", place, "nowhere"));
        String said = "target in " + place + ": the model says " + reachable + ", recover ends with " + plan.status();
        story.add(said);
        if (plan.status() != 0) {
            refusals++;
        }
        Obstacle obstacle = events.on(position(place));
        if (plan.status() == 0 || (away.isEmpty() && obstacle != Obstacle.PERHAPS)) {
            assertThat(plan.status() == 0)
                    .as(said + ", obstacle: " + obstacle + "\n" + plan.data() + plan.talk())
                    .isEqualTo(reachable && obstacle != Obstacle.CERTAIN);
        }
    }

    private Lsn position(long place) {
        return Optional.ofNullable(marks.get(place)).orElseThrow().position();
    }

    private String[] recover(String option, long place, String directory) {
        return new String[] {
            "recover",
            option,
            "--to",
            host.directory().resolve(directory).toString(),
            "--target-lsn",
            position(place).toString(),
            "--timeline",
            String.valueOf(segment(place).timeline().id()),
            "--target-action",
            "promote"
        };
    }

    private void checkIsNotContentInVain() throws IOException {
        if (!events.minimal().isEmpty()) {
            host.run("wal-verify");
        }
        Outcome check = host.run("check");
        if (check.data().contains("main · protected")) {
            Holding union = reached();
            assertThat(reachable(union))
                    .as(check.data())
                    .contains(union.segments().last());
        }
    }

    /** All faults are over. Compares every target, and recovers one of those that can be reached. */
    void end() throws IOException {
        comeBack();
        tell("sync", host.run("sync"));
        for (long place : marks.keySet()) {
            compare(place);
        }
        NavigableSet<Long> reachable = reachable();
        reachable.retainAll(marks.keySet());
        reachable.removeIf(each -> events.on(position(each)) != Obstacle.NONE);
        if (reachable.isEmpty()) {
            return;
        }
        long place = List.copyOf(reachable).get(random.nextInt(reachable.size()));
        Path target = host.directory().resolve("restored");
        host.must(recover("--quiet", place, "restored"));
        int wanted = Optional.ofNullable(marks.get(place)).orElseThrow().rows();
        assertThat(rowsIn(target)).as("recovered to " + place).isEqualTo(wanted + " to " + wanted);
        story.add("recovered to " + place + " with " + wanted + " rows");
    }

    /**
     * What {@link #ROWS} answers in a directory that was restored.
     *
     * @throws IllegalStateException if its server does not open
     */
    String rowsIn(Path restored) {
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            return copy.query(ROWS);
        }
    }

    @Override
    public void close() {
        server.close();
        host.close();
    }
}
