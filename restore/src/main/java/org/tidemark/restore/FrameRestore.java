// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.core.DurableFile;
import org.tidemark.restore.FileAssembly.DeferredFile;
import org.tidemark.restore.FrameRun.NeededFrame;
import org.tidemark.restore.RestoreExecutor.RestoreCounters;

/** Brings the pieces of a run of frames to their places: every byte was compared with its digests. Thread-safe. */
record FrameRestore(
        List<FileAssembly> files, DeferredFile held, Start start, FingerprintKey key, RestoreCounters counters) {
    /** Whether there may be something in the target. */
    enum Start {
        FRESH,
        /** A range that has its digest already is not fetched again. */
        RESUMED
    }

    void restore(FrameRun run) throws IOException {
        switch (start) {
            case FRESH -> fetch(run);
            case RESUMED -> {
                List<NeededFrame> missing = new ArrayList<>();
                for (NeededFrame frame : run.frames()) {
                    if (!isInPlace(run, frame)) {
                        missing.add(frame);
                    }
                }
                for (FrameRun part : run.only(missing::contains)) {
                    fetch(part);
                }
            }
        }
    }

    /** From the first copy that is intact; what one copy gave before it failed stays. */
    private void fetch(FrameRun run) throws IOException {
        int[] placed = {0};
        run.copies().read(bundle -> {
            List<NeededFrame> rest =
                    run.frames().subList(placed[0], run.frames().size());
            int from = rest.getFirst().frame();
            int to = rest.getLast().frame() + 1;
            requireSame(run.bundle(), bundle, to - 1); // before frames that are not there are asked for
            try (InputStream stored = bundle.openFrames(from, to)) {
                for (NeededFrame frame : rest) {
                    requireSame(run.bundle(), bundle, frame.frame());
                    byte[] data = bundle.decode(frame.frame(), bundle.readNext(stored, frame.frame()));
                    place(run, frame, data);
                    placed[0]++;
                }
            }
        });
    }

    /** The pieces were found by the index of the first copy, and every copy is read by its own. */
    private static void requireSame(BundleReader first, BundleReader other, int frame) throws DamagedObjectException {
        if (frame >= other.frames().size()
                || !first.frames()
                        .get(frame)
                        .parts()
                        .equals(other.frames().get(frame).parts())) {
            throw new DamagedObjectException(
                    other.key(), "frame " + frame + " does not hold what it holds in the other repository");
        }
    }

    private void place(FrameRun run, NeededFrame frame, byte[] data) throws IOException {
        counters.frameRead();
        for (PlacedPiece piece : pieces(run, frame)) {
            if (held.is(piece.file())) {
                held.put(piece.at(), data, piece.offset(), piece.size());
            } else {
                PieceFile.write(piece.file(), piece.at(), data, piece.offset(), piece.size());
            }
            piece.file().placed();
            counters.written(piece.size());
        }
    }

    /** Whether all pieces of a frame are in place; if so, they are taken note of. */
    private boolean isInPlace(FrameRun run, NeededFrame frame) throws IOException {
        List<PlacedPiece> pieces = pieces(run, frame);
        for (PlacedPiece piece : pieces) {
            Optional<byte[]> data =
                    held.is(piece.file()) ? Optional.empty() : PieceFile.read(piece.file(), piece.at(), piece.size());
            if (data.isEmpty() || !piece.checksums().match(Optional.of(key), data.get(), 0, piece.size())) {
                return false;
            }
        }
        for (PlacedPiece piece : pieces) {
            piece.file().placed();
            counters.kept(piece.size());
        }
        counters.frameKept();
        return true;
    }

    private record PlacedPiece(FileAssembly file, long at, int offset, int size, PieceChecksums checksums) {}

    /** The needed pieces of a frame with the checksums that its line in the index has for them. */
    private List<PlacedPiece> pieces(FrameRun run, NeededFrame needed) throws DamagedObjectException {
        PieceList pieces = run.pieces();
        List<PlacedPiece> placed = new ArrayList<>();
        List<FramePart> parts = run.bundle().frames().get(needed.frame()).parts();
        int part = 0;
        int partOffset = 0;
        for (int i = needed.firstPiece(); i < needed.endPiece(); i++) {
            while (part < parts.size() && partOffset < pieces.offset(i)) {
                partOffset += parts.get(part).size();
                part++;
            }
            if (part == parts.size()
                    || partOffset != pieces.offset(i)
                    || parts.get(part).size() != pieces.size(i)
                    || !parts.get(part).checksums().equals(pieces.checksums(i))) {
                throw new DamagedObjectException(
                        run.bundle().key(),
                        "frame " + needed.frame() + " has no such piece at byte " + pieces.offset(i)
                                + ", which the manifest names");
            }
            placed.add(new PlacedPiece(
                    files.get(pieces.file(i)),
                    pieces.at(i),
                    partOffset,
                    pieces.size(i),
                    parts.get(part).checksums()));
        }
        return placed;
    }

    /** Reads and writes ranges of files that are being put together. Never follows a link. Thread-safe. */
    static final class PieceFile {
        private static final Set<OpenOption> WRITE =
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);
        private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        private static final FileAttribute<?> PRIVATE =
                PosixFilePermissions.asFileAttribute(DurableFile.permissions(0600));

        private PieceFile() {}

        /** Writes a range; not durable before {@link #complete}. */
        static void write(FileAssembly work, long at, byte[] data, int offset, int length) throws IOException {
            try (FileChannel channel = FileChannel.open(work.file(), WRITE, PRIVATE)) {
                ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
                while (bytes.hasRemaining()) {
                    channel.write(bytes, at + bytes.position() - offset);
                }
            }
        }

        /** The bytes of a range; empty if the file does not have it all. */
        static Optional<byte[]> read(FileAssembly work, long at, int length) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(length);
            try (FileChannel channel = FileChannel.open(work.file(), READ)) {
                while (bytes.hasRemaining()) {
                    if (channel.read(bytes, at + bytes.position()) < 0) {
                        return Optional.empty();
                    }
                }
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
            return Optional.of(bytes.array());
        }

        /** Gives a file its length, rights and owner, and makes its content durable. */
        static void complete(FileAssembly work, FileOwner owner) throws IOException {
            try (FileChannel channel = FileChannel.open(work.file(), WRITE, PRIVATE)) {
                if (channel.size() > work.size()) {
                    channel.truncate(work.size());
                }
                if (channel.size() != work.size()) {
                    throw new IOException("'" + work.file() + "' has " + channel.size() + " bytes instead of the "
                            + work.size() + " that were written");
                }
                owner.with(work.mode()).applyTo(work.file());
                channel.force(true);
            }
        }
    }
}
