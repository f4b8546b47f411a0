// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.bundle.BundlePipeline.FilePart;
import org.tidemark.backup.bundle.BundlePipeline.FrameContent;
import org.tidemark.backup.bundle.BundlePipeline.FrameData;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.source.FileSink.FileContent;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.postgres.RelationFile;

/**
 * Plans frames like {@link FrameCutter}, for files that are read when their frame is; the threads that compress also
 * read. Not thread-safe.
 */
final class FrameReader implements AutoCloseable {
    /** Finds what a parent has of a file that nobody has written since. */
    @FunctionalInterface
    interface Unwritten {
        Optional<List<FramePart>> parts(ParentFrames parent, IncomingFile file);
    }

    private static final int FRAME_BYTES = Frame.MAX_DATA_BYTES;

    /** The maximum number of open files in the plan of a shared frame. */
    private static final int MAX_OPEN = 128;

    private static final int MAX_PARTS = 1_024;

    private final BundlePipeline pipeline;
    private final ManifestRecorder recorder;
    private final PageFindings findings;
    private final Unwritten unwritten;
    private List<Planned> shared = new ArrayList<>();
    private int sharedBytes;
    private int sharedOpen;
    private final List<IncomingFile> opened = new ArrayList<>();

    FrameReader(BundlePipeline pipeline, ManifestRecorder recorder, PageFindings findings, Unwritten unwritten) {
        this.unwritten = unwritten;
        this.pipeline = pipeline;
        this.recorder = recorder;
        this.findings = findings;
    }

    /** Skips a file that is gone, and one that nobody has written since the parent. */
    void add(IncomingFile file, FileContent content) throws IOException {
        if (file.size() == 0) {
            recorder.add(file);
            return;
        }
        if (pipeline.keepUnread(file, content, unwritten)) {
            return;
        }
        Optional<OpenFile> open = file.size() < FRAME_BYTES ? Optional.empty() : content.open();
        if (file.size() >= FRAME_BYTES && open.isEmpty()) {
            return;
        }
        if (open.isPresent()) {
            file.keepOpen(open.get());
            opened.removeIf(IncomingFile::isComplete);
            opened.add(file);
        }
        long at = 0;
        for (; file.size() - at >= FRAME_BYTES; at += FRAME_BYTES) {
            submit(List.of(new Planned(file, content, open, at, FRAME_BYTES)));
        }
        int rest = (int) (file.size() - at);
        if (rest > 0) {
            share(new Planned(file, content, open, at, rest));
        }
    }

    private void share(Planned part) throws IOException {
        if (sharedBytes + part.size() > FRAME_BYTES || shared.size() == MAX_PARTS || sharedOpen == MAX_OPEN) {
            flush();
        }
        shared.add(part);
        sharedBytes += part.size();
        sharedOpen += part.open().isPresent() ? 1 : 0;
    }

    /** Submits a frame that is not full. */
    void flush() throws IOException {
        if (!shared.isEmpty()) {
            List<Planned> parts = shared;
            shared = new ArrayList<>();
            sharedBytes = 0;
            sharedOpen = 0;
            submit(parts);
        }
    }

    private void submit(List<Planned> parts) throws IOException {
        pipeline.add(pipeline.newBuffer(), new Reading(parts, findings));
    }

    @Override
    public void close() throws IOException {
        for (IncomingFile file : opened) {
            file.close();
        }
    }

    /**
     * A part of a file, not read yet.
     *
     * @param open the open file if it has several parts, so that all of them exist or none
     */
    private record Planned(IncomingFile file, FileContent content, Optional<OpenFile> open, long at, int size) {}

    /** Reads one frame, on a thread that compresses. */
    private record Reading(List<Planned> planned, PageFindings findings) implements FrameContent {
        @Override
        public FrameData fill(byte[] data) throws IOException {
            List<FilePart> parts = new ArrayList<>(planned.size());
            List<IncomingFile> empty = new ArrayList<>();
            int filled = 0;
            int reserved = planned.stream().mapToInt(Planned::size).sum();
            for (Planned each : planned) {
                reserved -= each.size();
                int size = each.open().isPresent()
                        ? readPart(each, each.open().get(), data, filled)
                        : readWhole(each, data, filled, FRAME_BYTES - filled - reserved, empty);
                if (size > 0) {
                    parts.add(
                            new FilePart(each.file(), new PlainPart(each.file().path(), each.at(), filled, size)));
                    filled += size;
                }
            }
            return new FrameData(filled, parts, empty);
        }

        /** Reads one part of several. Like BASE_BACKUP, pads with zeros if the file became shorter. */
        private int readPart(Planned part, OpenFile open, byte[] data, int offset) throws IOException {
            int count = open.read(part.at(), data, offset, part.size());
            Arrays.fill(data, offset + count, offset + part.size(), (byte) 0);
            findings.check(data, new PlainPart(part.file().path(), part.at(), offset, part.size()), open);
            return part.size();
        }

        /**
         * Reads a file of one part; returns 0 if it is empty or gone. WAL has the new pages of a relation file that
         * grew; any other file is read to its end, if the frame has room.
         */
        private int readWhole(Planned part, byte[] data, int offset, int room, List<IncomingFile> empty)
                throws IOException {
            Optional<OpenFile> opened = part.content().open();
            if (opened.isEmpty()) {
                return 0;
            }
            try (OpenFile open = opened.get()) {
                String path = part.file().path();
                int most = RelationFile.of(path).isPresent() ? part.size() : Math.clamp(open.size(), part.size(), room);
                int count = open.read(0, data, offset, most);
                part.file().hasSize(count);
                if (count == 0) {
                    empty.add(part.file());
                } else {
                    findings.check(data, new PlainPart(path, 0, offset, count), open);
                }
                return count;
            }
        }
    }
}
