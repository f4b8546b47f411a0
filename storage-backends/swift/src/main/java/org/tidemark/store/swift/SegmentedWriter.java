// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.UnfinishedUploads.Upload;
import org.tidemark.store.swift.SwiftErrors.Doing;

/**
 * Creates large objects: segments first, which nobody sees, then a manifest that names them with their digests and
 * lengths. Swift compares them, and the object is there whole. Thread-safe.
 */
final class SegmentedWriter {
    /** What Swift lets one manifest name, unless an operator of it chose another number. */
    static final int MAX_SEGMENTS = 1000;

    private static final int TRIES = 3;
    private static final long MIB = 1024 * 1024;

    private final Container container;
    private final ObjectWriter writer;
    private final SwiftUploads uploads;
    private final long segmentBytes;
    private final SecureRandom random = new SecureRandom();

    SegmentedWriter(Container container, ObjectWriter writer, SwiftUploads uploads, long segmentBytes) {
        this.container = container;
        this.writer = writer;
        this.uploads = uploads;
        this.segmentBytes = segmentBytes;
    }

    /** A segment that is stored. Immutable. */
    private record Stored(String name, String digest, long sizeBytes) {}

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        if (container.head(Doing.LOOK_UP, key.value()).isPresent()) {
            throw container.errors().exists(key);
        }
        byte[] id = new byte[8];
        random.nextBytes(id);
        String upload = HexFormat.of().formatHex(id);
        boolean mayBeInUse = false;
        try {
            List<Stored> segments = putSegments(key, upload, source);
            mayBeInUse = true;
            putManifest(key, upload, segments, source.sizeBytes());
        } catch (ObjectExists | StorageDenied e) {
            removeSegments(key, upload);
            throw e;
        } catch (StorageException e) {
            // The manifest may stand though its answer got lost; then its segments must stay.
            if (!mayBeInUse) {
                removeSegments(key, upload);
            }
            throw e;
        }
    }

    /** All of one size but the last: what is asked for, or more where that would be too many segments. */
    static long segmentBytes(long asked, long sizeBytes) {
        long least = Math.ceilDiv(Math.ceilDiv(sizeBytes, MAX_SEGMENTS), MIB) * MIB;
        return Math.max(asked, least);
    }

    private List<Stored> putSegments(ObjectKey key, String upload, ObjectSource source) throws StorageException {
        long each = segmentBytes(segmentBytes, source.sizeBytes());
        if (each > SwiftConfig.MAX_SEGMENT_BYTES) {
            throw container
                    .errors()
                    .denied(Doing.WRITE, key.value(), source.sizeBytes() + " bytes are more than Swift can store");
        }
        List<Stored> segments = new ArrayList<>();
        for (long offset = 0; offset < source.sizeBytes(); offset += each) {
            Slice slice = new Slice(key, source, offset, Math.min(each, source.sizeBytes() - offset));
            segments.add(putSegment(new SegmentName(key, upload, segments.size()).name(), slice));
        }
        return segments;
    }

    /** Tried again by itself, so that one broken connection does not cost the segments before it. */
    private Stored putSegment(String name, Slice slice) throws StorageException {
        String digest = slice.md5();
        for (int tried = 1; ; tried++) {
            try {
                return putSegment(name, slice, digest);
            } catch (StorageUnavailable e) {
                if (tried == TRIES || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }

    private Stored putSegment(String name, Slice slice, String digest) throws StorageException {
        SwiftRequest request = SwiftRequest.of(
                        "PUT", container.path(name), "Content-Type", "application/octet-stream", "ETag", digest)
                .sending(slice);
        try (Answer answer = container.send(request, Doing.WRITE, slice.key().value())) {
            if (answer.status() != 201 || !answer.etag().equals(digest)) {
                throw container.errors().refused(Doing.WRITE, slice.key().value(), answer.status());
            }
            return new Stored(name, digest, slice.length());
        }
    }

    private void putManifest(ObjectKey key, String upload, List<Stored> segments, long sizeBytes)
            throws StorageException {
        StringBuilder text = new StringBuilder("[");
        MessageDigest digests = Slice.newMd5();
        for (Stored segment : segments) {
            text.append(text.length() == 1 ? "" : ",")
                    .append("{\"path\":")
                    .append(Json.quote(container.path(segment.name())))
                    .append(",\"etag\":\"")
                    .append(segment.digest())
                    .append("\",\"size_bytes\":")
                    .append(segment.sizeBytes())
                    .append('}');
            digests.update(segment.digest().getBytes(StandardCharsets.US_ASCII));
        }
        String digest = HexFormat.of().formatHex(digests.digest());
        byte[] manifest = text.append(']').toString().getBytes(StandardCharsets.UTF_8);
        // Swift looks at each segment before it answers, which takes its time with many.
        SwiftRequest request = SwiftRequest.of("PUT", container.path(key.value()) + "?multipart-manifest=put")
                .with("Content-Type", "application/octet-stream")
                .with("ETag", digest)
                .with(StoredObject.UPLOAD_HEADER, upload)
                .sending(Slice.whole(key, ObjectSource.of(manifest)))
                .waiting(BoundedHttp.Patience.WHOLE_REQUEST);
        writer.create(key, request, digest, sizeBytes);
    }

    /** What cannot be removed now is listed as an unfinished upload. */
    private void removeSegments(ObjectKey key, String upload) {
        if (!Thread.currentThread().isInterrupted()) {
            try {
                uploads.abort(new Upload(key, upload, Instant.EPOCH));
            } catch (StorageException e) {
                // The failure that is thrown matters more.
            }
        }
    }
}
