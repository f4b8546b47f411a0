// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.config.NotifySettings;
import org.tidemark.config.NotifySettings.Heartbeat;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DurableFile;
import org.tidemark.core.Finding;
import org.tidemark.core.LockedFile;
import org.tidemark.core.SpoolPart;

/**
 * Tells the destinations of this host what has changed. What is to be told is in the spool first, so that it is neither
 * lost nor told twice by the next process; only a crash between the two may tell it twice. Thread-safe.
 */
public final class Notifications {
    /** A heartbeat is not asked by a look that is older: it says that somebody looks now. */
    private static final Duration FRESH = Duration.ofMinutes(10);

    private static final int PRIVATE_DIRECTORY = 0700;
    private static final int PRIVATE_FILE = 0600;

    private final Path spool;
    private final String host;

    /** @param host the name of this one, which is told */
    public Notifications(Path spool, String host) {
        this.spool = spool;
        this.host = host;
    }

    /**
     * A look at a cluster.
     *
     * @param blinding subjects of findings that keep a look from seeing others
     * @param at when it began
     */
    public record Look(ClusterName cluster, List<Finding> findings, Set<String> blinding, Instant at) {
        public Look {
            findings = List.copyOf(findings);
            blinding = Set.copyOf(blinding);
        }
    }

    /**
     * Queues what a look has changed; nothing if another process does so at this moment, or has seen a later look. When
     * this returns, what is to be told is durable.
     *
     * @throws IOException if the spool cannot be written; then the next look tells it
     */
    public void queue(Look look, List<NotifySettings> destinations) throws IOException {
        SpoolDirectory.make(spool);
        Path directory = SpoolPart.NOTIFY.in(spool).resolve("told");
        DurableFile.makeDirectories(directory, PRIVATE_DIRECTORY);
        Path file = directory.resolve(look.cluster() + ".json");
        Optional<LockedFile> lock = LockedFile.take(
                directory.resolve(look.cluster() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.isEmpty()) {
            return;
        }
        try (LockedFile _ = lock.get()) {
            Memory before = read(file);
            if (!look.at().isBefore(before.looked())) {
                Memory after = queue(look, destinations, before);
                DurableFile.replace(
                        file, after.text().getBytes(StandardCharsets.UTF_8), DurableFile.mode(PRIVATE_FILE));
            }
        }
    }

    private Memory queue(Look look, List<NotifySettings> destinations, Memory before) throws IOException {
        OpenFindings open = before.open().after(look.findings(), look.blinding(), look.at());
        TreeMap<String, Told> told = new TreeMap<>();
        for (NotifySettings each : destinations) {
            if (each.isAbout(look.cluster()) && !(each.to() instanceof Heartbeat)) {
                Told.Step step =
                        before.told().getOrDefault(each.name(), Told.NOTHING).step(open, each, look.at());
                if (!step.changes().isEmpty()) {
                    new Outbox(spool, each.name())
                            .add(new Announcement(look.cluster(), host, look.at(), open.severity(), step.changes()));
                }
                told.put(each.name(), step.after());
            }
        }
        return new Memory(look.at(), open, told);
    }

    /** One that is damaged says nothing: all that is wrong is told again. */
    private static Memory read(Path file) throws IOException {
        try {
            return Memory.parse(Files.readString(file));
        } catch (NoSuchFileException | IllegalArgumentException | DateTimeException e) {
            return Memory.NOTHING;
        }
    }

    /**
     * Sends what waits for a destination, which may take 10 s for each answer. Returns why not; empty if all was sent.
     *
     * @param looked when the cluster was last looked at; a heartbeat tells no more than that
     */
    public Optional<String> deliver(NotifySettings to, Instant looked, Instant now) throws IOException {
        Sender sender = new Sender(to);
        if (!(to.to() instanceof Heartbeat heartbeat)) {
            return new Outbox(spool, to.name()).deliver(sender, now);
        }
        if (looked.isBefore(now.minus(FRESH))) {
            return Optional.empty();
        }
        try {
            sender.beat(heartbeat);
            return Optional.empty();
        } catch (DeliveryFailed e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Sends a test, at once. Returns why not; empty if it was sent. */
    public Optional<String> test(NotifySettings to, ClusterName cluster, Instant now) {
        try {
            new Sender(to).send(Announcement.ofTest(cluster, host, now));
            return Optional.empty();
        } catch (DeliveryFailed e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * A destination that has not been told everything.
     *
     * @param announcements how many wait
     * @param oldest when what the first of them tells was seen
     * @param why the last attempt failed; empty if none was made
     */
    public record Untold(String destination, int announcements, Instant oldest, Optional<String> why) {}

    /** Which of the destinations have not been told everything. */
    public static List<Untold> untold(Path spool, List<NotifySettings> destinations) throws IOException {
        List<Untold> all = new ArrayList<>();
        for (NotifySettings each : destinations) {
            new Outbox(spool, each.name())
                    .waiting()
                    .ifPresent(waiting ->
                            all.add(new Untold(each.name(), waiting.announcements(), waiting.oldest(), waiting.why())));
        }
        return all;
    }
}
