// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import org.tidemark.core.DurableFile;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The WAL of the newest segment that was received whole, up to its last page with records: before more is received, the
 * server must still have it. A server that was set back to an older state, and then wrote past this on the same
 * timeline, has other WAL there, if only by the microsecond of a commit. The last page alone would not do: another
 * state that loads the same rows has the same pages after the first difference. PostgreSQL itself never writes a page
 * again that is in a complete segment, also after a crash (13.5 and later). Immutable.
 *
 * @param at its first byte
 * @param end the position after it
 * @param content the digest of it
 */
record LastReceived(Timeline timeline, Lsn at, Lsn end, Sha256 content) {
    /** The server sends as much with each connection. */
    private static final int MOST_BYTES = 16 << 20;

    private static final int PAGE_BYTES = 8192;
    private static final int LONGEST_PAGE_HEADER = 40;

    /** Reads the end of a segment that is complete in a file. */
    static LastReceived of(Segment segment, RandomAccessFile file, WalSegmentSize size) throws IOException {
        byte[] page = new byte[PAGE_BYTES];
        int end = size.bytes() + PAGE_BYTES;
        do {
            end -= PAGE_BYTES;
            file.seek(end - PAGE_BYTES);
            file.readFully(page);
        } while (end > PAGE_BYTES && isEmpty(page));
        int start = Math.max(0, end - MOST_BYTES);
        MessageDigest digest = Sha256.newDigest();
        byte[] part = new byte[64 << 10];
        file.seek(start);
        for (int left = end - start; left > 0; left -= part.length) {
            int count = Math.min(left, part.length);
            file.readFully(part, 0, count);
            digest.update(part, 0, count);
        }
        Lsn begin = segment.start(size);
        return new LastReceived(segment.timeline(), begin.plus(start), begin.plus(end), Sha256.finish(digest));
    }

    /** After a switch to the next segment, pages have nothing but a header. */
    private static boolean isEmpty(byte[] page) {
        for (int i = LONGEST_PAGE_HEADER; i < page.length; i++) {
            if (page[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether all of it belongs to a timeline path. */
    boolean isOn(TimelineHistory path) {
        return path.includes(timeline)
                && path.endOf(timeline).filter(last -> last.isBefore(end)).isEmpty();
    }

    /** Keeps it durably, in place of another one. */
    void write(Path file) throws IOException {
        String line = timeline.id() + " " + at + " " + end + " " + content.hex() + "\n";
        DurableFile.replace(file, line.getBytes(StandardCharsets.US_ASCII), DurableFile.mode(0600));
    }

    /** Reads what was kept; empty if nothing was, or it is damaged: then nothing can be compared. */
    static Optional<LastReceived> read(Path file) throws IOException {
        try {
            String[] words = Files.readString(file).strip().split(" ", -1);
            return words.length < 4
                    ? Optional.empty()
                    : Optional.of(new LastReceived(
                            new Timeline(Integer.parseInt(words[0])),
                            Lsn.parse(words[1]),
                            Lsn.parse(words[2]),
                            new Sha256(words[3])));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
