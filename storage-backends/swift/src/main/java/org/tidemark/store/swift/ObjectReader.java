// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.InputStream;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Opens objects and ranges of them. Immutable. */
record ObjectReader(Container container) {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})");
    private static final Pattern NO_RANGE = Pattern.compile("bytes \\*/([0-9]{1,18})");

    InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        boolean whole = range.equals(ByteRange.ALL);
        SwiftRequest request = SwiftRequest.of("GET", container.path(key.value()));
        Answer answer =
                container.send(whole ? request : request.with("Range", text(range)), Operation.READ, key.value());
        try {
            InputStream stream = stream(key, range, answer);
            if (!(stream instanceof ObjectStream)) {
                answer.close();
            }
            return stream;
        } catch (StorageException e) {
            answer.close();
            throw e;
        }
    }

    private static String text(ByteRange range) {
        // Swift takes numbers of any length, and others might not: no object is as long as this.
        long last = range.length() == ByteRange.TO_END || range.offset() > Long.MAX_VALUE - range.length()
                ? Long.MAX_VALUE
                : range.offset() + range.length() - 1;
        return "bytes=" + range.offset() + "-" + (last == Long.MAX_VALUE ? "" : Long.toString(last));
    }

    private InputStream stream(ObjectKey key, ByteRange range, Answer answer) throws StorageException {
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
    private InputStream fromBegin(ObjectKey key, ByteRange range, Answer answer) throws StorageException {
        if (range.offset() > 0) {
            throw container
                    .errors()
                    .unavailable(Operation.READ, key.value(), "the store does not support reading a part of an object");
        }
        long length = length(key, answer);
        long wanted = range.length() == ByteRange.TO_END ? length : Math.min(length, range.length());
        return new ObjectStream(key.value(), answer.body(), wanted, answer.header("ETag"), container.errors());
    }

    private InputStream part(ObjectKey key, ByteRange range, Answer answer) throws StorageException {
        Matcher given = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
        long length = length(key, answer);
        if (!given.matches() || Long.parseLong(given.group(1)) != range.offset() || !fits(range, length, given)) {
            throw container
                    .errors()
                    .unavailable(Operation.READ, key.value(), "the store sent another range than requested");
        }
        return new ObjectStream(key.value(), answer.body(), length, answer.header("ETag"), container.errors());
    }

    /** Whether the part has the length that it should have: what was asked for, or what there is from there on. */
    private static boolean fits(ByteRange range, long length, Matcher given) {
        long rest = Long.parseLong(given.group(2)) - range.offset();
        return length == (range.length() == ByteRange.TO_END ? rest : Math.min(rest, range.length()));
    }

    private InputStream behindEnd(ObjectKey key, ByteRange range, Answer answer) throws StorageException {
        Matcher size = NO_RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (!size.matches() || Long.parseLong(size.group(1)) > range.offset()) {
            throw container.errors().unavailable(Operation.READ, key.value(), "the store refused a range that exists");
        }
        return InputStream.nullInputStream();
    }

    private long length(ObjectKey key, Answer answer) throws StorageException {
        OptionalLong length = answer.headers().firstValueAsLong("Content-Length");
        if (length.isEmpty()) {
            throw container.errors().unavailable(Operation.READ, key.value(), "the answer has no length");
        }
        return length.getAsLong();
    }
}
