// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

    private final PostgresBinaries binaries;
    private final Random random;
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server;
    private final List<PostgresServer> copies = new ArrayList<>();
    private final Set<String> away = new TreeSet<>();
    private final TreeMap<Long, Mark> marks = new TreeMap<>();
    private final List<String> story = new ArrayList<>();
    private final ServerEvents events;
    private int rows;
    private int refusals;

    /** A moment in a segment: {@code rows} are committed before {@code position}. */
    private record Mark(Lsn position, int rows) {}

    RealLife(PostgresBinaries binaries, Random random) throws IOException {
        this.binaries = binaries;
        this.random = random;
        this.server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                // The model compares each archived segment with the server's own.
                .setting("wal_keep_size", "512MB")
                .archiving(host.archiveCommand())
                .start();
        this.events = new ServerEvents(server, host.directory().resolve("tablespaces"));
        story.add(server.toString());
    }

    List<String> story() {
        return List.copyOf(story);
    }

    /** How many targets {@code recover} refused, and rightly. */
    int refusals() {
        return refusals;
    }

    void begin() throws IOException {
        StringBuilder toml = new StringBuilder();
        for (String repository : REPOSITORIES) {
            int redundancy = 1 + random.nextInt(2);
            toml.append("[repository.%s]%nurl = '%s'%nretention = 'REDUNDANCY %d'%n"
                    .formatted(repository, directory(repository).toUri(), redundancy));
            story.add(repository + " keeps " + redundancy);
            Files.createDirectories(directory(repository));
        }
        toml.append("[cluster.main]%nconninfo = '%s'%ndata-directory = '%s'%nrepositories = ['near', 'far']%n"
                        .formatted(server.conninfo(), server.dataDirectory()))
                .append("acknowledge = 1%n".formatted());
        host.configure(toml.toString());
        host.must("init");
        server.sql("CREATE TABLE rows (n int)");
        backup();
        archive();
    }

    private Path directory(String repository) {
        return host.directory().resolve("disk-" + repository);
    }

    /** One step at random. */
    void live() throws IOException {
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
        if (!marks.isEmpty()) {
            compare(List.copyOf(marks.keySet()).get(random.nextInt(marks.size())));
        }
        checkIsNotContentInVain();
    }

    private void tell(String command, Outcome outcome) {
        story.add(command + " ended with " + outcome.status());
    }

    private void archive() {
        rows++;
        server.sql("INSERT INTO rows VALUES (" + rows + ")");
        Lsn position = Lsn.parse(server.query("SELECT pg_current_wal_insert_lsn()"));
        String segment = server.archiveCurrentSegment(LIMIT);
        marks.put(place(segment), new Mark(position, rows));
        story.add("archived " + segment + " with row " + rows);
    }

    private static long place(String segment) {
        return ((Segment) WalFile.parse(segment)).index(SIZE);
    }

    private void backup() {
        tell("backup", host.run("backup"));
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
            story.add("lost in " + repository + ": " + directory(repository).relativize(lost));
        }
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
        PostgresServer copy = PostgresServer.of(binaries).from(target).create();
        copies.add(copy);
        copy.launch();
        copy.awaitRecoveryEnd(LIMIT);
        int wanted = Optional.ofNullable(marks.get(place)).orElseThrow().rows();
        assertThat(copy.query("SELECT count(*) || ' to ' || max(n) FROM rows"))
                .as("recovered to " + place)
                .isEqualTo(wanted + " to " + wanted);
        story.add("recovered to " + place + " with " + wanted + " rows");
    }

    @Override
    public void close() {
        copies.forEach(PostgresServer::close);
        server.close();
        host.close();
    }
}
