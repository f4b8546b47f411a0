// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.backup.bundle.BundlePipeline.FilePart;
import org.tidemark.backup.bundle.BundlePipeline.FrameData;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.PageList;
import org.tidemark.catalog.backup.Placement;

/** Collects single pages of files until they fill a frame. Not thread-safe. */
final class ChangedPages {
    private final int pageSize;
    /** In the order in which they came first; the pages of each file in ascending order. */
    private final Map<IncomingFile, List<PageData>> files = new LinkedHashMap<>();

    private int size;

    /**
     * Some pages.
     *
     * @param pages their numbers in the file
     * @param data their bytes, one after the other
     */
    @SuppressWarnings("ArrayRecordComponent") // Waits in a list, never compared.
    record PageData(BitSet pages, byte[] data) {
        /**
         * Pages out of a part of the file.
         *
         * @param part has the bytes of the part from {@code offset} on
         * @param at where the part begins in the file
         */
        static PageData of(BitSet pages, int pageSize, byte[] part, int offset, long at) {
            byte[] data = new byte[pages.cardinality() * pageSize];
            int filled = 0;
            for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
                System.arraycopy(part, (int) (offset + (long) page * pageSize - at), data, filled, pageSize);
                filled += pageSize;
            }
            return new PageData(pages, data);
        }
    }

    ChangedPages(int pageSize) {
        this.pageSize = pageSize;
    }

    /** Whether these can be added to the others. */
    boolean hasRoomFor(PageData pages) {
        return pages.data().length <= Frame.MAX_DATA_BYTES - size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Adds pages that come after all others of the file. */
    void add(IncomingFile file, PageData pages) {
        files.computeIfAbsent(file, _ -> new ArrayList<>()).add(pages);
        size += pages.data().length;
    }

    /** Moves all of them into {@code data}: of each file one part. */
    FrameData drainTo(byte[] data) {
        List<FilePart> parts = new ArrayList<>(files.size());
        int filled = 0;
        for (Map.Entry<IncomingFile, List<PageData>> each : files.entrySet()) {
            int offset = filled;
            BitSet numbers = new BitSet();
            for (PageData pages : each.getValue()) {
                numbers.or(pages.pages());
                System.arraycopy(pages.data(), 0, data, filled, pages.data().length);
                filled += pages.data().length;
            }
            parts.add(new FilePart(
                    each.getKey(),
                    new PlainPart(each.getKey().path(), new Placement.Pages(PageList.of(pageSize, numbers)), offset)));
        }
        files.clear();
        size = 0;
        return new FrameData(filled, parts, List.of());
    }
}
