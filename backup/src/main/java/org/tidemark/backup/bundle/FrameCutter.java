// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.backup.bundle.BundlePipeline.FilePart;
import org.tidemark.backup.bundle.BundlePipeline.FrameData;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Cuts files into the data of frames: each whole MiB of a file is one frame; the rest shares a frame with other files.
 * Not thread-safe.
 */
final class FrameCutter {
    private static final int FRAME_BYTES = Frame.MAX_DATA_BYTES;

    /** So that the index line of a frame of tiny files stays some hundred KiB long. */
    private static final int MAX_PARTS = 2_048;

    private final BundlePipeline pipeline;
    private final ManifestRecorder recorder;
    private final PageFindings findings;
    private List<FilePart> sharedParts = new ArrayList<>();
    private byte[] shared;
    private int sharedBytes;

    FrameCutter(BundlePipeline pipeline, ManifestRecorder recorder, PageFindings findings) {
        this.pipeline = pipeline;
        this.recorder = recorder;
        this.findings = findings;
        this.shared = pipeline.newBuffer();
    }

    /** Reads a file's bytes, as many as it has. */
    void add(IncomingFile file, InputStream in) throws IOException {
        for (long at = 0; at < file.size(); at += FRAME_BYTES) {
            add(file, at, (int) Math.min(FRAME_BYTES, file.size() - at), in);
        }
        if (file.size() == 0) {
            recorder.add(file);
        }
    }

    /** Reads a whole MiB of a file, or what is left of it after the last one. */
    void add(IncomingFile file, long at, int size, InputStream in) throws IOException {
        if (size == FRAME_BYTES) {
            byte[] data = pipeline.newBuffer();
            read(file, in, data, 0, size);
            add(data, size, List.of(part(file, at, 0, size)));
        } else {
            if (sharedBytes + size > FRAME_BYTES || sharedParts.size() == MAX_PARTS) {
                flush();
            }
            read(file, in, shared, sharedBytes, size);
            sharedParts.add(part(file, at, sharedBytes, size));
            sharedBytes += size;
        }
    }

    private void add(byte[] data, int size, List<FilePart> parts) throws IOException {
        pipeline.add(data, bytes -> {
            for (FilePart each : parts) {
                findings.check(bytes, each.part());
            }
            return new FrameData(size, parts, List.of());
        });
    }

    /** Gives the data that has not filled a frame. */
    void flush() throws IOException {
        if (sharedBytes > 0) {
            add(shared, sharedBytes, sharedParts);
            shared = pipeline.newBuffer();
            sharedParts = new ArrayList<>();
            sharedBytes = 0;
        }
    }

    private static FilePart part(IncomingFile file, long at, int offset, int size) {
        return new FilePart(file, new PlainPart(file.path(), at, offset, size));
    }

    /** @throws UserFacingException BACKUP_FAILED if the stream ends before */
    static void read(IncomingFile file, InputStream in, byte[] to, int offset, int size) throws IOException {
        int count = in.readNBytes(to, offset, size);
        if (count != size) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "'" + file.path() + "' ended before the " + file.size()
                            + " bytes that PostgreSQL announced; there is no backup",
                    "Take the backup again. If it fails again, see PostgreSQL's log.");
        }
    }
}
