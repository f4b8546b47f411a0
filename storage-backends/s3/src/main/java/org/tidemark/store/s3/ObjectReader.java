// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.HttpRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStream;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;

/** Reads objects and ranges of objects. Thread-safe. */
final class ObjectReader {
    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Requests requests;
    private final S3Errors errors;

    ObjectReader(S3Config config, S3Clients clients, BoundedCall calls, S3Requests requests, S3Errors errors) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.requests = requests;
        this.errors = errors;
    }

    /** An answer whose bytes have not been read. */
    private record Answer(GetObjectResponse head, AbortableInputStream bytes) {}

    ObjectStream open(ObjectKey key, ByteRange range) throws StorageException {
        return open(key, null, range);
    }

    /** @param version one of the object's; null for the newest */
    ObjectStream open(ObjectKey key, @Nullable String version, ByteRange range) throws StorageException {
        try {
            Answer answer = get(key, version, range.isWhole() ? null : HttpRange.header(range));
            if (!isPartAskedFor(answer.head, range)) {
                answer.bytes.abort();
                throw errors.denied(
                        Operation.READ,
                        key.value(),
                        "the server did not send the requested range from byte " + range.offset());
            }
            return new AnswerBytes(key, answer.bytes, answer.head.contentLength(), answer.head.eTag());
        } catch (AwsServiceException e) {
            if (e.statusCode() == 416) {
                return nothing(key, version);
            }
            throw errors.of(Operation.READ, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    /** The empty stream of a range after the end of an object; the refusal does not contain the key. */
    private ObjectStream nothing(ObjectKey key, @Nullable String version) throws StorageException {
        HeadObjectRequest head =
                requests.head(key).toBuilder().versionId(version).build();
        try {
            String eTag = calls.run(() -> clients.any().headObject(head)).eTag();
            return new AnswerBytes(key, AbortableInputStream.create(InputStream.nullInputStream()), 0, eTag);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    /**
     * The description of an object, by a request whose error tells a missing object from a missing bucket.
     *
     * @throws ObjectMissing if it is the object
     */
    ObjectInfo firstByte(ObjectKey key) throws StorageException {
        try {
            GetObjectResponse head;
            Answer answer = get(key, "bytes=0-0");
            try (InputStream bytes = answer.bytes) {
                head = answer.head;
                bytes.readAllBytes();
            }
            Long size = HttpRange.parse(head.contentRange())
                    .map(HttpRange::objectBytes)
                    .orElse(head.contentLength());
            return new ObjectInfo(key, size, head.lastModified());
        } catch (AwsServiceException e) {
            if (e.statusCode() == 416) {
                // The object was created after the first answer, and is empty.
                throw errors.unavailable(Operation.READ, key.value(), "it was created during the request", e);
            }
            throw errors.of(Operation.READ, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    /**
     * The version of an object, which has no characters where the bucket keeps no versions; empty if the store answered
     * that the object does not exist.
     */
    Optional<String> versionOf(ObjectKey key) throws StorageException {
        try {
            Answer answer = get(key, "bytes=0-0");
            try (InputStream bytes = answer.bytes) {
                bytes.readNBytes(1);
            }
            return Optional.of(version(answer.head.versionId()));
        } catch (AwsServiceException e) {
            StorageException error = errors.of(Operation.READ, key.value(), e);
            if (error instanceof ObjectMissing) {
                return Optional.empty();
            }
            if (e.statusCode() != 416) {
                throw error;
            }
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
        try {
            return Optional.of(version(calls.run(() -> clients.any().headObject(requests.head(key)))
                    .versionId()));
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    private static String version(@Nullable String id) {
        return S3Requests.isVersion(id) ? String.valueOf(id) : "";
    }

    private Answer get(ObjectKey key, @Nullable String range) throws Exception {
        return get(key, null, range);
    }

    private Answer get(ObjectKey key, @Nullable String version, @Nullable String range) throws Exception {
        GetObjectRequest request =
                requests.get(key, range).toBuilder().versionId(version).build();
        return calls.run(() -> clients.any().getObject(request, new Unread()));
    }

    /** A server may answer with the whole object if the range covers it, and some servers always do. */
    private static boolean isPartAskedFor(GetObjectResponse head, ByteRange range) {
        if (head.contentLength() == null) {
            return false;
        }
        if (head.contentRange() == null) {
            return range.offset() == 0
                    && (range.length() == ByteRange.TO_END || head.contentLength() <= range.length());
        }
        return HttpRange.parse(head.contentRange())
                .filter(part -> part.answers(range, head.contentLength()))
                .isPresent();
    }

    /**
     * The bytes of an answer. The library closes its connection after they were read, or breaks it off, and compares
     * the checksum of a whole object, if the server has one, at the end.
     */
    private final class AnswerBytes extends ObjectStream {
        private final AbortableInputStream bytes;

        AnswerBytes(ObjectKey key, AbortableInputStream bytes, long length, @Nullable String eTag) {
            super(
                    errors,
                    key,
                    length,
                    Optional.ofNullable(eTag).filter(tag -> !tag.isEmpty()),
                    config.limits().request());
            this.bytes = bytes;
        }

        @Override
        protected int next(byte[] into, int offset, int length) throws IOException {
            return bytes.read(into, offset, length);
        }

        @Override
        protected void checkWhole() throws IOException {
            if (bytes.read() >= 0) {
                throw new IOException("the answer has more bytes than it says");
            }
        }

        @Override
        protected void release(boolean complete) throws IOException {
            if (complete) {
                bytes.close();
            } else {
                bytes.abort();
            }
        }
    }

    /** Leaves the bytes in the connection, for the thread that will want them. */
    private static final class Unread implements ResponseTransformer<GetObjectResponse, Answer> {
        @Override
        public Answer transform(GetObjectResponse head, AbortableInputStream bytes) {
            return new Answer(head, bytes);
        }

        @Override
        public boolean needsConnectionLeftOpen() {
            return true;
        }
    }

    /** Whether two streams have exactly the same bytes. */
    static boolean isSame(InputStream one, InputStream other) throws IOException {
        byte[] ofOne = new byte[64 * 1024];
        byte[] ofOther = new byte[ofOne.length];
        while (true) {
            int count = one.readNBytes(ofOne, 0, ofOne.length);
            int otherCount = other.readNBytes(ofOther, 0, ofOther.length);
            if (!Arrays.equals(ofOne, 0, count, ofOther, 0, otherCount)) {
                return false;
            }
            if (count == 0) {
                return true;
            }
        }
    }
}
