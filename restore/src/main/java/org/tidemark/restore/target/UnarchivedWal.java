// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.WalPageHeader;
import org.tidemark.postgres.wal.Commits;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;

/** Which files of a pg_wal may exist nowhere else. Immutable. */
public record UnarchivedWal(SystemIdentifier system, WalSegmentSize size, Archive archive) {
    /** Knows what is archived. */
    @FunctionalInterface
    public interface Archive {
        /**
         * Whether a repository is known to hold a segment or the history of a timeline with the content of the file.
         */
        boolean holds(WalFile wal, Path file) throws IOException;
    }

    /** What a file is worth. */
    enum Worth {
        /** A repository holds it with the same content. */
        ARCHIVED,
        /** No WAL: it is empty, or was kept for a position that is yet to come. */
        NOTHING,
        /** No repository is known to hold it. */
        UNARCHIVED,
        /** It is no WAL by its name. */
        OTHER
    }

    /** The files of a pg_wal that no repository is known to hold, in the order of their names. */
    public List<Path> in(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            for (Path file : files) {
                if (worth(file, String.valueOf(file.getFileName()), Files.size(file)) == Worth.UNARCHIVED) {
                    found.add(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found.stream().sorted().toList();
    }

    /**
     * What would be lost with files of a pg_wal: the commits in its segments that are not on the path of a recovery.
     *
     * @param files in the order of their names
     * @param from the position from which the commits of a segment are not on it
     * @return empty if there are none, or too many to read them now, or they cannot be read
     */
    public static List<PlanFinding> lost(List<Path> files, Function<Segment, Lsn> from, WalSegmentSize size) {
        Optional<Commits> commits = files.isEmpty() ? Optional.empty() : Commits.in(files, from, size);
        return commits.stream()
                .map(each -> PlanFinding.note(
                        Topic.WRITE,
                        "the WAL that no repository holds has " + each.inWords() + ", beside this recovery"))
                .toList();
    }

    Worth worth(Path file, String name, long bytes) throws IOException {
        return switch (parsed(name)) {
            case Segment segment -> {
                if (isRecycled(segment, file, bytes)) {
                    yield Worth.NOTHING;
                }
                if (archive.holds(segment, file)) {
                    yield Worth.ARCHIVED;
                }
                yield isZero(file) ? Worth.NOTHING : Worth.UNARCHIVED;
            }
            case WalFile.TimelineHistoryFile history ->
                archive.holds(history, file) ? Worth.ARCHIVED : Worth.UNARCHIVED;
            case WalFile.PartialSegment _ -> Worth.UNARCHIVED;
            case null, default -> Worth.OTHER;
        };
    }

    private static @Nullable WalFile parsed(String name) {
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether it was kept for a position that is yet to come, and holds WAL of an earlier one. */
    private boolean isRecycled(Segment segment, Path file, long bytes) throws IOException {
        if (bytes != size.bytes()) {
            return false;
        }
        try (InputStream content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS, StandardOpenOption.READ)) {
            WalPageHeader header = WalPageHeader.parse(content.readNBytes(WalPageHeader.LONG_BYTES), file.toString());
            return header.system().equals(system)
                    && header.address().compareTo(segment.start(size)) < 0
                    && header.address().value() % size.bytes() == 0;
        } catch (CorruptFileException e) {
            return false;
        }
    }

    private static boolean isZero(Path file) throws IOException {
        byte[] buffer = new byte[1 << 16];
        byte[] zeros = new byte[buffer.length];
        try (InputStream content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS, StandardOpenOption.READ)) {
            for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
                if (!Arrays.equals(buffer, 0, read, zeros, 0, read)) {
                    return false;
                }
            }
        }
        return true;
    }
}
