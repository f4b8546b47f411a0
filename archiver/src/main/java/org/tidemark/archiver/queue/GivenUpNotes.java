// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DurableFile;
import org.tidemark.core.HostName;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/**
 * The WAL of one incarnation of a cluster that this host has dropped, until each of its repositories says so too. Each
 * note is durable before PostgreSQL is told. Safe between processes, but for the notes of one cluster, which only its
 * archive_command makes, one at a time.
 */
public final class GivenUpNotes {
    /** Beside a note: this repository has it. */
    private static final String IN = ".in-";

    private static final String ENDING = ".json";
    private static final String HISTORY = ".history";
    private static final String TRIED = "tried";

    private final Path directory;

    private GivenUpNotes(Path directory) {
        this.directory = directory;
    }

    /** The notes of one incarnation. */
    public static GivenUpNotes of(Path spool, ClusterName cluster, SystemIdentifier system) {
        return new GivenUpNotes(
                SpoolPart.GIVEN_UP.in(spool).resolve(cluster.value()).resolve(system.toString()));
    }

    /** The notes of the incarnation of an archive. */
    public static GivenUpNotes of(Path spool, ClusterArchive archive) {
        return of(spool, archive.identity().cluster(), archive.identity().system());
    }

    /** Whether there is nothing that a repository has to know. Costs one look at a directory. */
    public boolean isEmpty() {
        String[] names = directory.toFile().list();
        if (names != null) {
            for (String name : names) {
                if (name.endsWith(ENDING)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** All notes, in order. */
    public List<GivenUpWal> list() throws IOException {
        List<GivenUpWal> notes = new ArrayList<>();
        for (Path file : files(ENDING)) {
            try {
                notes.add(read(file));
            } catch (NoSuchFileException e) {
                // Another process has settled it.
            } catch (IllegalArgumentException e) {
                // No note.
            }
        }
        return notes;
    }

    /** Reads a note. The name of a damaged one says what it is about. */
    private static GivenUpWal read(Path file) throws IOException {
        try {
            return GivenUpWal.decode(Files.readAllBytes(file), new ObjectKey(name(file)));
        } catch (DamagedObjectException e) {
            String[] ends = name(file)
                    .substring(0, name(file).length() - ENDING.length())
                    .split("-", 2);
            return new GivenUpWal(
                    WalNames.requireSegment(ends[0]),
                    WalNames.requireSegment(ends[ends.length - 1]),
                    Files.getLastModifiedTime(file).toInstant(),
                    HostName.ofThisMachine(),
                    "the host's own note of the reason is damaged");
        }
    }

    /** Notes dropped WAL durably; joins the note with those that it touches. */
    public void add(GivenUpWal given, WalSegmentSize size) throws IOException {
        DurableFile.makeDirectories(directory, 0700);
        GivenUpWal whole = given;
        List<GivenUpWal> parts = new ArrayList<>();
        for (GivenUpWal each : list()) {
            if (each.touches(whole, size)) {
                whole = whole.and(each);
                parts.add(each);
            }
        }
        DurableFile.replace(file(whole), whole.encode(), DurableFile.mode(0600));
        for (GivenUpWal part : parts) {
            if (!file(part).equals(file(whole))) {
                remove(part);
            }
        }
    }

    /** Stores every note in a repository that has not got it from this host. */
    public void deliver(ClusterArchive archive) throws IOException {
        if (isEmpty()) {
            return;
        }
        for (GivenUpWal each : list()) {
            Path known = in(each, archive.repository().id());
            if (!Files.exists(known)) {
                archive.wal().gaps().noteGivenUp(each);
                DurableFile.replace(known, new byte[0], DurableFile.mode(0600));
            }
        }
    }

    /** Removes the notes that all these repositories have. */
    public void settle(Collection<RepositoryId> repositories) throws IOException {
        if (isEmpty()) {
            return;
        }
        for (GivenUpWal each : list()) {
            if (repositories.stream().allMatch(id -> Files.exists(in(each, id)))) {
                remove(each);
            }
        }
    }

    /**
     * Notes durably that PostgreSQL was told of a history that is not archived. It calls for it once, and that call is
     * the one that also archives what the primary before had not.
     */
    public void add(TimelineHistoryFile history) throws IOException {
        DurableFile.makeDirectories(directory, 0700);
        DurableFile.replace(directory.resolve(history.name()), new byte[0], DurableFile.mode(0600));
    }

    /** Whether that was noted for a timeline, or for one before it. Costs one look at a directory. */
    public boolean hasHistory(Timeline timeline) {
        return !histories(timeline).isEmpty();
    }

    /** Removes these notes. */
    public void forgetHistories(Timeline upTo) throws IOException {
        for (String name : histories(upTo)) {
            Files.deleteIfExists(directory.resolve(name));
        }
    }

    private List<String> histories(Timeline upTo) {
        String last = new TimelineHistoryFile(upTo).name();
        String[] names = directory.toFile().list();
        return names == null
                ? List.of()
                : Stream.of(names)
                        .filter(name -> name.endsWith(HISTORY) && name.compareTo(last) <= 0)
                        .toList();
    }

    /** Notes that the repositories took long to fail a moment ago. */
    public void tried(Clock clock) throws IOException {
        DurableFile.makeDirectories(directory, 0700);
        Files.writeString(directory.resolve(TRIED), Long.toString(clock.millis()));
    }

    /** Whether that was so short a time ago. */
    public boolean hasTriedWithin(Duration time, Clock clock) {
        try {
            long since = clock.millis() - Long.parseLong(Files.readString(directory.resolve(TRIED)));
            return since >= 0 && since < time.toMillis();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    private void remove(GivenUpWal note) throws IOException {
        for (Path marker : files("")) {
            if (name(marker).startsWith(stem(note) + IN)) {
                Files.deleteIfExists(marker);
            }
        }
        Files.deleteIfExists(file(note));
    }

    private List<Path> files(String ending) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> name(file).endsWith(ending)).sorted().toList();
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static String stem(GivenUpWal note) {
        return note.first().name() + "-" + note.last().name();
    }

    private Path file(GivenUpWal note) {
        return directory.resolve(stem(note) + ENDING);
    }

    private Path in(GivenUpWal note, RepositoryId repository) {
        return directory.resolve(stem(note) + IN + repository.value());
    }
}
