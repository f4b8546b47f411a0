// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalRefusedException;
import org.tidemark.postgres.WalSegmentCheck;
import org.tidemark.postgres.WalSwitch;

/**
 * Delivers the content of an archived file, if it is what PostgreSQL asked for. PostgreSQL takes another segment's
 * bytes, or zeros, for the end of WAL and opens the database, so the digest alone is not enough: every page's header is
 * looked at.
 */
final class VerifiedCopy {
    private static final int CHUNK_BYTES = 1 << 18;

    private final FetchRequest request;

    VerifiedCopy(FetchRequest request) {
        this.request = request;
    }

    /**
     * Delivers a file as it was archived.
     *
     * @param claim runs just before the file appears at its target; throws if it must not any more
     */
    void of(WalFile file, InputStream in, Runnable claim) throws IOException {
        switch (file) {
            case Segment segment -> upTo(segment.end(request.segmentSize()), segment, in, claim);
            case WalFile.TimelineHistoryFile history -> history(history, in, claim);
            case WalFile.PartialSegment partial ->
                upTo(partial.segment().end(request.segmentSize()), partial.segment(), in, claim);
            case WalFile.BackupHistoryFile backup -> delivery(claim).deliver(in::transferTo);
        }
    }

    /** Delivers a segment, or a partial one, with every byte from {@code end} on zeroed. */
    void upTo(Lsn end, Segment segment, InputStream in, Runnable claim) throws IOException {
        WalSegmentSize size = request.segmentSize();
        boolean whole = end.equals(segment.end(size)) && request.file() instanceof Segment;
        WalSegmentCheck check = whole
                ? WalSegmentCheck.of(segment, request.system(), size, OptionalInt.empty())
                : WalSegmentCheck.of(new WalFile.PartialSegment(segment), request.system(), size, OptionalInt.empty());
        InputStream content = end.isBefore(segment.end(size)) ? new WalSwitch(end, size).cut(in) : in;
        delivery(claim).deliver(out -> {
            try {
                copy(content, out, check);
                check.finish();
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

    private static void copy(InputStream in, OutputStream out, WalSegmentCheck check) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
            check.update(chunk, 0, count);
            out.write(chunk, 0, count);
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
                "what is archived as '" + name + "' is something else: " + e.getMessage(),
                "Who wrote it? Look for the right file in pg_wal of the primary, or in another copy of the archive.",
                e);
    }
}
