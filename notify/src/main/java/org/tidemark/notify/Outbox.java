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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.DurableFile;
import org.tidemark.core.LockedFile;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UnsyncedFile;

/**
 * What one destination is still to be told, in the spool: at most 100 announcements of at most a week, of which the
 * oldest give way. Two processes may add to it and deliver from it.
 */
final class Outbox {
    static final int MOST = 100;
    static final Duration OLDEST = Duration.ofDays(7);

    /** After this time, one that the destination answers with a refusal lets the later ones pass. */
    private static final Duration REFUSED_FOR = Duration.ofHours(1);

    private static final int PRIVATE_DIRECTORY = 0700;
    private static final int PRIVATE_FILE = 0600;
    private static final String SUFFIX = ".json";
    private static final String FAILURE = "failed";
    private static final String LOCK = "lock";

    private final Path directory;

    /** Of a destination that is configured by this name. */
    Outbox(Path spool, String destination) {
        this.directory = of(spool).resolve(destination);
    }

    private static Path of(Path spool) {
        return SpoolPart.NOTIFY.in(spool).resolve("outbox");
    }

    /** Adds one. When this returns, it is durable. */
    void add(Announcement announcement) throws IOException {
        String name = String.format(
                Locale.ROOT,
                "%019d-%s%s",
                announcement.at().toEpochMilli(),
                announcement.cluster().value(),
                SUFFIX);
        DurableFile.makeDirectories(directory, PRIVATE_DIRECTORY);
        DurableFile.replace(
                directory.resolve(name),
                announcement.line().getBytes(StandardCharsets.UTF_8),
                DurableFile.mode(PRIVATE_FILE));
        List<Path> all = all();
        for (Path oldest : all.subList(0, Math.max(0, all.size() - MOST))) {
            Files.deleteIfExists(oldest);
        }
    }

    /** The oldest first. */
    private List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("[0-9]{19}-.*\\" + SUFFIX))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static Instant since(Path file) {
        return Instant.ofEpochMilli(Long.parseLong(file.getFileName().toString().substring(0, 19)));
    }

    /** Sends what waits, in order, until one fails. Returns why; empty if none did, or another process sends. */
    Optional<String> deliver(Sender sender, Instant now) throws IOException {
        if (all().isEmpty()) {
            return Optional.empty();
        }
        Optional<LockedFile> lock =
                LockedFile.take(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> failed = Optional.empty();
        try (LockedFile _ = lock.get()) {
            for (List<Path> all = all(); !all.isEmpty() && failed.isEmpty(); all = all()) {
                failed = deliver(all, sender, now);
            }
        }
        if (failed.isEmpty()) {
            Files.deleteIfExists(directory.resolve(FAILURE));
        } else {
            byte[] why = (failed.get() + "\n").getBytes(StandardCharsets.UTF_8);
            UnsyncedFile.replaceIfPossible(directory.resolve(FAILURE), out -> out.write(why));
        }
        return failed;
    }

    /** Why the first one failed that did. One that is refused for an hour no longer keeps the later ones waiting. */
    private static Optional<String> deliver(List<Path> all, Sender sender, Instant now) throws IOException {
        Optional<String> failed = Optional.empty();
        for (Path each : all) {
            try {
                Optional<Announcement> announcement =
                        since(each).isBefore(now.minus(OLDEST)) ? Optional.empty() : read(each);
                if (announcement.isPresent()) {
                    sender.send(announcement.get());
                }
                Files.deleteIfExists(each);
            } catch (DeliveryFailed e) {
                failed = failed.or(() -> Optional.of(String.valueOf(e.getMessage())));
                if (!e.isRefused() || since(each).isAfter(now.minus(REFUSED_FOR))) {
                    break;
                }
            }
        }
        return failed;
    }

    /** Empty if it is damaged: nobody can tell what it said. */
    private static Optional<Announcement> read(Path file) throws IOException {
        try {
            return Optional.of(Announcement.parse(Files.readString(file)));
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** What waits, and why; empty if nothing does. */
    Optional<Waiting> waiting() throws IOException {
        List<Path> all = all();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> why;
        try {
            why = Optional.of(Files.readString(directory.resolve(FAILURE)).strip());
        } catch (NoSuchFileException e) {
            why = Optional.empty();
        }
        return Optional.of(new Waiting(all.size(), since(all.getFirst()), why));
    }

    /**
     * What a destination has not been told.
     *
     * @param oldest when the first of them was seen
     * @param why the last attempt failed; empty if there was none
     */
    record Waiting(int announcements, Instant oldest, Optional<String> why) {}
}
