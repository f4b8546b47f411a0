// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.bundle.BundlePipeline.KeptPart;
import org.tidemark.backup.bundle.ChangedPages.PageData;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.PageList;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.postgres.CorruptFileException;

/**
 * Puts files together of which PostgreSQL sends only the changed pages: all others are as the parent has them, or zero
 * if the file was shorter then, or meanwhile. Not thread-safe.
 */
final class PageOverlay {
    private static final int FRAME_BYTES = Frame.MAX_DATA_BYTES;

    private final ParentFrames parent;
    private final int pageSize;
    private final BundlePipeline pipeline;
    private final FrameCutter cutter;
    private final ManifestRecorder recorder;
    private final PageFindings findings;

    /** Parts that are not given to the pipeline yet. */
    private final List<KeptPart> kept = new ArrayList<>();

    private int keptBytes;

    PageOverlay(
            ParentFrames parent,
            int pageSize,
            BundlePipeline pipeline,
            FrameCutter cutter,
            ManifestRecorder recorder,
            PageFindings findings) {
        this.parent = parent;
        this.pageSize = pageSize;
        this.pipeline = pipeline;
        this.cutter = cutter;
        this.recorder = recorder;
        this.findings = findings;
    }

    /**
     * Reads the changed pages of a file.
     *
     * @param file one of {@link ParentFrames#listed(int)}
     * @param sent the numbers of the pages in {@code content}
     * @param most the parent's pages from this one on are not the file's any more: it was shorter meanwhile. PostgreSQL
     *     does not list pages that a table got since then and that are not used yet, and these are zero
     * @throws CorruptFileException if the file is not in that list
     */
    void add(IncomingFile file, BitSet sent, long most, InputStream content) throws IOException {
        if (!parent.isListed(file.path())) {
            throw new CorruptFileException(file.path(), "only changes were sent, though it was not in the list");
        }
        if (file.size() == 0) {
            recorder.add(file);
        }
        BitSet changed = (BitSet) sent.clone();
        int pages = (int) (file.size() / pageSize);
        int before = (int) Math.min(most, parent.pageCount(file.path()));
        if (pages > before) {
            changed.set(before, pages);
        }
        for (long at = 0; at < file.size(); at += FRAME_BYTES) {
            Range part = new Range(at, (int) Math.min(FRAME_BYTES, file.size() - at));
            BitSet numbers = between(changed, (int) (at / pageSize), (int) ((at + part.sizeBytes()) / pageSize));
            byte[] data = read(file, numbers, sent, content);
            if (data.length == part.sizeBytes()) {
                flush();
                cutter.add(file, at, data.length, new ByteArrayInputStream(data));
            } else {
                keep(file, part, new PageData(numbers, data));
            }
        }
        flush();
    }

    private static BitSet between(BitSet pages, int from, int to) {
        BitSet found = new BitSet();
        for (int page = pages.nextSetBit(from); page >= 0 && page < to; page = pages.nextSetBit(page + 1)) {
            found.set(page);
        }
        return found;
    }

    /** Pages that are not sent are zero. */
    private byte[] read(IncomingFile file, BitSet numbers, BitSet sent, InputStream content) throws IOException {
        byte[] data = new byte[numbers.cardinality() * pageSize];
        int filled = 0;
        for (int page = numbers.nextSetBit(0); page >= 0; page = numbers.nextSetBit(page + 1)) {
            if (sent.get(page)) {
                FrameCutter.read(file, content, data, filled, pageSize);
            }
            filled += pageSize;
        }
        return data;
    }

    private void keep(IncomingFile file, Range part, PageData changed) throws IOException {
        Optional<PieceChecksums> checksums = Optional.empty();
        if (changed.pages().isEmpty()) {
            checksums = parent.checksums(file.path(), part);
        } else {
            findings.check(
                    changed.data(), new PlainPart(file.path(), new Pages(PageList.of(pageSize, changed.pages())), 0));
        }
        if (keptBytes + changed.data().length > FRAME_BYTES) {
            flush();
        }
        kept.add(new KeptPart(file, part, checksums, changed));
        keptBytes += changed.data().length;
    }

    private void flush() throws IOException {
        if (!kept.isEmpty()) {
            pipeline.add(kept);
            kept.clear();
            keptBytes = 0;
        }
    }
}
