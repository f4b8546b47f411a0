// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Gets objects and parts of them. Thread-safe. */
final class ObjectReader {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+)");

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

    /** An answer whose bytes are still to come. */
    private record Answer(GetObjectResponse head, AbortableInputStream bytes) {}

    ObjectStream open(ObjectKey key, ByteRange range) throws StorageException {
        try {
            Answer answer = get(key, header(range));
            if (!isPartAskedFor(answer.head, range)) {
                answer.bytes.abort();
                throw errors.denied(
                        Operation.READ,
                        key.value(),
                        "the server did not send the requested range from byte " + range.offset());
            }
            return new ObjectStream(
                    key,
                    answer.bytes,
                    answer.head.contentLength(),
                    content(answer.head.eTag()),
                    config.limits(),
                    errors);
        } catch (AwsServiceException e) {
            if (e.statusCode() == 416) {
                return nothing(key);
            }
            throw errors.of(Operation.READ, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    /** What is behind the end of an object, whose name the refusal does not hold. */
    private ObjectStream nothing(ObjectKey key) throws StorageException {
        try {
            String eTag = calls.run(() -> clients.any().headObject(requests.head(key)))
                    .eTag();
            return ObjectStream.nothing(key, content(eTag), config.limits(), errors);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    /**
     * What is known of an object, by a request whose answer says what is missing.
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
            Matcher range = range(head);
            long size = range == null ? head.contentLength() : Long.parseLong(range.group(2));
            return new ObjectInfo(key, size, head.lastModified());
        } catch (AwsServiceException e) {
            if (e.statusCode() == 416) {
                // It was made since the first answer, and is empty.
                throw errors.unavailable(Operation.READ, key.value(), "it was created during the request", e);
            }
            throw errors.of(Operation.READ, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    private Answer get(ObjectKey key, @Nullable String range) throws Exception {
        return calls.run(() -> clients.any().getObject(requests.get(key, range), new Unread()));
    }

    private static @Nullable String header(ByteRange range) {
        if (range.length() == ByteRange.TO_END) {
            return range.offset() == 0 ? null : "bytes=" + range.offset() + "-";
        }
        long last = range.offset() + Math.min(range.length(), Long.MAX_VALUE - range.offset()) - 1;
        return "bytes=" + range.offset() + "-" + last;
    }

    /** A server may answer with the whole where it was asked for that much, and some always do. */
    private static boolean isPartAskedFor(GetObjectResponse head, ByteRange range) {
        if (head.contentLength() == null) {
            return false;
        }
        if (head.contentRange() == null) {
            return range.offset() == 0
                    && (range.length() == ByteRange.TO_END || head.contentLength() <= range.length());
        }
        Matcher part = range(head);
        if (part == null || Long.parseLong(part.group(1)) != range.offset()) {
            return false;
        }
        long rest = Long.parseLong(part.group(2)) - range.offset();
        return head.contentLength() == (range.length() == ByteRange.TO_END ? rest : Math.min(rest, range.length()));
    }

    /** By which this content is told from that of another object of the same key; empty where the server says none. */
    private static Optional<String> content(@Nullable String eTag) {
        return Optional.ofNullable(eTag).filter(tag -> !tag.isEmpty());
    }

    private static @Nullable Matcher range(GetObjectResponse head) {
        if (head.contentRange() == null) {
            return null;
        }
        Matcher matcher = CONTENT_RANGE.matcher(head.contentRange());
        return matcher.matches() ? matcher : null;
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
