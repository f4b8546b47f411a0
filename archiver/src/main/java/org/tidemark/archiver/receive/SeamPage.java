// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.catalog.Sha256;
import org.tidemark.core.DurableFile;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The last page with records of the newest segment that was received whole: before more is received, the server must
 * still have it. The records of a page depend on everything before them, by their addresses and checksums. So a server
 * that was set back to an older state, and then wrote past this page on the same timeline, has another one. PostgreSQL
 * itself never writes a page again that lies in a complete segment, also after a crash (13.5 and later). Immutable.
 *
 * @param at its first byte
 * @param content the digest of it
 */
record SeamPage(Timeline timeline, Lsn at, Sha256 content) {
    static final int BYTES = 8192;
    private static final int LONGEST_PAGE_HEADER = 40;

    /** Of a segment that is complete in a file. */
    static SeamPage of(Segment segment, RandomAccessFile file, WalSegmentSize size) throws IOException {
        byte[] page = new byte[BYTES];
        int start = size.bytes();
        do {
            start -= BYTES;
            file.seek(start);
            file.readFully(page);
        } while (start > 0 && isEmpty(page));
        return new SeamPage(segment.timeline(), segment.start(size).plus(start), Sha256.of(page));
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
                && path.endOf(timeline).filter(end -> end.isBefore(end())).isEmpty();
    }

    /** The position after it. */
    Lsn end() {
        return at.plus(BYTES);
    }

    /** Keeps it durably, in place of another one. */
    void write(Path file) throws IOException {
        String line = timeline.id() + " " + at + " " + content.hex() + "\n";
        DurableFile.replace(file, line.getBytes(StandardCharsets.US_ASCII), DurableFile.mode(0600));
    }

    /** Reads what was kept; empty if nothing was, or it is damaged: then nothing can be compared. */
    static Optional<SeamPage> read(Path file) throws IOException {
        try {
            String[] words = Files.readString(file).strip().split(" ", -1);
            return words.length < 3
                    ? Optional.empty()
                    : Optional.of(new SeamPage(
                            new Timeline(Integer.parseInt(words[0])), Lsn.parse(words[1]), new Sha256(words[2])));
        } catch (NoSuchFileException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
