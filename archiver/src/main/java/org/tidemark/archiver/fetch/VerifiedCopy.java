// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.archiver.FileNames;
import org.tidemark.archiver.fetch.RepositoryFailover.Found;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalRefusedException;
import org.tidemark.postgres.WalSegmentCheck;
import org.tidemark.postgres.WalSwitch;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.store.StorageException;

/**
 * Delivers the content of an archived file, if it is what PostgreSQL asked for. PostgreSQL takes another segment's
 * bytes, or zeros, for the end of WAL and opens the database, so the digest alone is not enough: every page's header is
 * looked at.
 */
record VerifiedCopy(FetchRequest request) {
    /**
     * Delivers a file as it was archived.
     *
     * @param claim runs just before the file appears at its target; throws if it must not any more
     */
    void of(WalFile file, Found found, Runnable claim) throws IOException {
        if (file instanceof Segment segment) {
            upTo(segment.end(request.segmentSize()), segment, found, claim);
        } else if (file instanceof WalFile.TimelineHistoryFile history) {
            history(history, found.content(), claim);
        } else if (file instanceof WalFile.PartialSegment partial) {
            upTo(partial.segment().end(request.segmentSize()), partial.segment(), found, claim);
        } else {
            delivery(claim).deliver(found.content()::transferTo);
        }
    }

    /**
     * Delivers a segment, or a partial one, with every byte from {@code end} on zeroed.
     *
     * @throws UserFacingException if the recovery must not replay it
     */
    void upTo(Lsn end, Segment segment, Found found, Runnable claim) throws IOException {
        WalSegmentSize size = request.segmentSize();
        boolean whole = end.equals(segment.end(size)) && request.file() instanceof Segment;
        WalSegmentCheck check = whole
                ? WalSegmentCheck.of(segment, request.system(), size, OptionalInt.empty())
                : WalSegmentCheck.of(new WalFile.PartialSegment(segment), request.system(), size, OptionalInt.empty());
        InputStream content =
                end.isBefore(segment.end(size)) ? new WalSwitch(end, size).cut(found.content()) : found.content();
        delivery(claim).deliver(out -> {
            try {
                RecoveryTarget target = request.recovery().target().get();
                List<CreatedTablespace> created = WalFacts.readWhole(
                                new Copying(content, out, check), found.following(), segment, size, target)
                        .createdBefore(target);
                int major = check.finish().postgresMajor();
                if (!created.isEmpty()) {
                    new ReplayGuard(request.recovery().walDirectory()).check(segment, created, major);
                }
            } catch (WalRefusedException e) {
                throw notWhatWasAskedFor(segment.name(), e);
            }
        });
    }

    /** Delivers a history that says nothing but {@code text}. */
    void comment(String text) throws IOException {
        byte[] line = ("# " + text + "\n").getBytes(StandardCharsets.US_ASCII);
        delivery(() -> {}).deliver(out -> out.write(line));
    }

    /** What is read is checked, and written. Not thread-safe. */
    private static final class Copying extends BlockInputStream.Filter {
        private final OutputStream out;
        private final WalSegmentCheck check;

        Copying(InputStream in, OutputStream out, WalSegmentCheck check) {
            super(in);
            this.out = out;
            this.check = check;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                check.update(bytes, offset, count);
                out.write(bytes, offset, count);
            }
            return count;
        }
    }

    private Delivery delivery(Runnable claim) {
        return new Delivery(request.target(), () -> {
            request.beforeDelivery().run();
            claim.run();
        });
    }

    private void history(WalFile.TimelineHistoryFile history, InputStream in, Runnable claim) throws IOException {
        byte[] content = in.readAllBytes();
        try {
            TimelineHistory.parse(history.timeline(), new String(content, StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException e) {
            throw notWhatWasAskedFor(history.name(), e);
        }
        delivery(claim).deliver(out -> out.write(content));
    }

    private static UserFacingException notWhatWasAskedFor(String name, Exception e) {
        return new UserFacingException(
                ExitCode.DAMAGED,
                "the object archived as '" + name + "' is not that file: " + e.getMessage(),
                "Who wrote it? Look for the right file in pg_wal of the primary, or in another copy of the archive.",
                e);
    }

    /**
     * Puts a file where PostgreSQL expects it: beside the target first, checked and synced, then renamed, then the
     * directory synced. The target is never a part of a file, nor an unchecked one. Not thread-safe.
     */
    private static final class Delivery {
        private static final String MARK = ".tidemark-";
        private static final AtomicInteger NUMBER = new AtomicInteger();

        private final Path target;
        private final Path directory;
        private final Runnable beforeRename;

        /** @param beforeRename throws if the file must not appear any more */
        Delivery(Path target, Runnable beforeRename) {
            this.beforeRename = beforeRename;
            this.target = target.toAbsolutePath();
            Path parent = this.target.getParent();
            if (parent == null) {
                throw new IllegalArgumentException("not a file: '" + target + "'");
            }
            this.directory = parent;
        }

        /** Writes what was read; it throws if the content is not what it should be. */
        @FunctionalInterface
        interface Content {
            void writeTo(OutputStream out) throws IOException;
        }

        /**
         * Delivers {@code content}; leaves nothing at the target if it throws.
         *
         * @throws UserFacingException if the local file could not be written; what {@code content} threw otherwise
         */
        void deliver(Content content) throws IOException {
            try {
                write(content);
            } catch (StorageException | DamagedObjectException e) {
                throw e;
            } catch (IOException e) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "cannot write '" + target + "': " + e.getMessage(),
                        "Is there room on the disk, and may this user write in '" + directory + "'?",
                        e);
            }
        }

        private void write(Content content) throws IOException {
            removeLeftOvers();
            // Several repositories may deliver at once, until one of them is first.
            Path temporary = directory.resolve(
                    target.getFileName() + MARK + ProcessHandle.current().pid() + "." + NUMBER.incrementAndGet());
            Files.deleteIfExists(temporary); // of a process that had this number before
            try {
                try (FileChannel channel = FileChannel.open(
                                temporary,
                                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                        OutputStream out = Channels.newOutputStream(channel)) {
                    content.writeTo(out);
                    channel.force(true);
                }
                beforeRename.run();
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }

        /**
         * Removes the temporary file of a killed predecessor, which would stay forever; a living one still writes its
         * own.
         */
        private void removeLeftOvers() throws IOException {
            String prefix = target.getFileName() + MARK;
            for (String name : FileNames.in(directory)) {
                if (name.startsWith(prefix)) {
                    String rest = name.substring(prefix.length());
                    int dot = rest.indexOf('.');
                    String pid = dot < 0 ? rest : rest.substring(0, dot);
                    if (pid.matches("[0-9]{1,10}")
                            && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                        Files.deleteIfExists(directory.resolve(name));
                    }
                }
            }
        }
    }
}
