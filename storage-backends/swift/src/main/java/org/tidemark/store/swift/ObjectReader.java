// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.store.ByteRange;
import org.tidemark.store.HttpRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStream;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Opens objects and ranges of them. Immutable. */
record ObjectReader(SwiftContainer container) {
    private static final Pattern NO_RANGE = Pattern.compile("bytes \\*/([0-9]{1,18})");

    InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        SwiftRequest request = SwiftRequest.of("GET", container.path(key.value()));
        SwiftAnswer answer = container.send(
                range.isWhole() ? request : request.with("Range", HttpRange.header(range)),
                Operation.READ,
                key.value());
        try {
            InputStream stream = stream(key, range, answer);
            if (!(stream instanceof AnswerBytes)) {
                answer.close();
            }
            return stream;
        } catch (StorageException e) {
            answer.close();
            throw e;
        }
    }

    private InputStream stream(ObjectKey key, ByteRange range, SwiftAnswer answer) throws StorageException {
        SwiftErrors errors = container.errors();
        return switch (answer.status()) {
            case 200 -> fromBegin(key, range, answer);
            case 206 -> part(key, range, answer);
            case 416 -> behindEnd(key, range, answer);
            case 404 -> {
                container.require(Operation.READ, key.value());
                throw errors.missing(key);
            }
            default -> throw errors.refused(Operation.READ, key.value(), answer.status());
        };
    }

    /** A store may answer with all of it when a range begins at 0. */
    private InputStream fromBegin(ObjectKey key, ByteRange range, SwiftAnswer answer) throws StorageException {
        if (range.offset() > 0) {
            throw container
                    .errors()
                    .unavailable(Operation.READ, key.value(), "the store does not support reading a part of an object");
        }
        long length = length(key, answer);
        return new AnswerBytes(container, key, answer, range.sizeIn(length));
    }

    private InputStream part(ObjectKey key, ByteRange range, SwiftAnswer answer) throws StorageException {
        Optional<HttpRange> given =
                HttpRange.parse(answer.header("Content-Range").orElse(""));
        long length = length(key, answer);
        if (given.isEmpty() || !given.get().answers(range, length)) {
            throw container
                    .errors()
                    .unavailable(Operation.READ, key.value(), "the store sent another range than requested");
        }
        return new AnswerBytes(container, key, answer, length);
    }

    private InputStream behindEnd(ObjectKey key, ByteRange range, SwiftAnswer answer) throws StorageException {
        Matcher size = NO_RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (!size.matches() || Long.parseLong(size.group(1)) > range.offset()) {
            throw container.errors().unavailable(Operation.READ, key.value(), "the store refused a range that exists");
        }
        return InputStream.nullInputStream();
    }

    private long length(ObjectKey key, SwiftAnswer answer) throws StorageException {
        OptionalLong length = answer.headers().firstValueAsLong("Content-Length");
        if (length.isEmpty()) {
            throw container.errors().unavailable(Operation.READ, key.value(), "the answer has no length");
        }
        return length.getAsLong();
    }

    /** The bytes of an answer, as they come. */
    private static final class AnswerBytes extends ObjectStream {
        private final AnswerStream bytes;

        AnswerBytes(SwiftContainer container, ObjectKey key, SwiftAnswer answer, long length) {
            super(
                    container.errors(),
                    key,
                    length,
                    answer.header("ETag"),
                    container.limits().request());
            this.bytes = answer.body();
        }

        @Override
        protected int next(byte[] into, int offset, int length) throws IOException {
            return bytes.read(into, offset, length);
        }

        @Override
        protected void release(boolean complete) {
            if (complete) {
                bytes.discard();
            } else {
                bytes.close();
            }
        }
    }
}
