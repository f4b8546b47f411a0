// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One upload in several requests. What came is kept in multiples of 256 KiB, until the object ends. Thread-safe: a
 * request takes the place of an older one that is still sending, so that a client can go on after it lost a connection
 * of which the server does not know yet.
 *
 * @see <a href="https://cloud.google.com/storage/docs/performing-resumable-uploads">Performing resumable uploads</a>
 */
final class ResumableSession {
    static final int BLOCK_BYTES = 256 * 1024;

    /** What is to be done with all bytes: to make the object of them. */
    interface Finish {
        StoredObject object(Content content);
    }

    private final Finish finish;
    private final ContentWriter writer;
    private final Checksums announced;
    private final Optional<EncryptionKey> key;
    private OptionalLong total;
    private int turn;
    private Optional<Map<String, Object>> resource = Optional.empty();
    private boolean over;

    /** @param total as X-Upload-Content-Length announced it */
    ResumableSession(
            Finish finish, ContentWriter writer, Checksums announced, Optional<EncryptionKey> key, OptionalLong total) {
        this.finish = finish;
        this.writer = writer;
        this.announced = announced;
        this.key = key;
        this.total = total;
    }

    /** Whether bytes are still expected. */
    synchronized boolean isOpen() {
        return !over && resource.isEmpty();
    }

    /** A part of the object, or a question how much of it is there. */
    ApiResponse put(ApiRequest request) throws IOException {
        ContentRange range = ContentRange.of(request.header("content-range"));
        Checksums sums = Checksums.ofHeader(request.header("x-goog-hash"));
        EncryptionKey.of(request).ifPresent(given -> EncryptionKey.check(Optional.of(given), key));
        int mine;
        synchronized (this) {
            if (resource.isPresent()) {
                return ApiResponse.json(200, resource.get());
            }
            checkOpen();
            mine = ++turn;
            if (range.from().isEmpty()) {
                boolean complete = range.total().isPresent() && range.total().getAsLong() == writer.size();
                return complete ? finished(sums) : incomplete();
            }
            learnTotal(range.total());
            if (range.from().getAsLong() > writer.size()) {
                return ApiResponse.plain(
                        503,
                        "Invalid request.  According to the Content-Range header, the upload offset is "
                                + range.from().getAsLong() + " byte(s), which exceeds already uploaded size of "
                                + writer.size() + " byte(s).");
            }
        }
        return receive(request, range, sums, mine);
    }

    private ApiResponse receive(ApiRequest request, ContentRange range, Checksums sums, int mine) throws IOException {
        request.length("content-length").ifPresent(range::checkLength);
        InputStream in = request.body();
        byte[] block = new byte[BLOCK_BYTES];
        long at = range.from().orElse(0);
        long received = 0;
        while (true) {
            // Blocks end where the kept multiples of 256 KiB end, wherever this body began.
            int wanted = BLOCK_BYTES - (int) (at % BLOCK_BYTES);
            int count = in.readNBytes(block, 0, wanted);
            received += count;
            if (count < wanted) {
                return end(range, sums, mine, block, at, count, received);
            }
            append(mine, block, at, count);
            at += count;
        }
    }

    private synchronized ApiResponse end(
            ContentRange range, Checksums sums, int mine, byte[] block, long at, int count, long received)
            throws IOException {
        range.checkLength(received);
        if (range.isFinal()) {
            append(mine, block, at, count);
            return finished(sums);
        }
        checkTurn(mine);
        if (received < BLOCK_BYTES) {
            return ApiResponse.plain(
                    400,
                    "Invalid request.  The number of bytes uploaded is required to be equal or greater than 262144,"
                            + " except for the final request (it's recommended to be the exact multiple of 262144)."
                            + "  The received request contained " + received
                            + " bytes, which does not meet this requirement.");
        }
        return incomplete();
    }

    /** Bytes that are there already are passed over. */
    private synchronized void append(int mine, byte[] block, long at, int count) throws IOException {
        checkTurn(mine);
        long known = Math.min(Math.max(writer.size() - at, 0), count);
        writer.write(block, (int) known, count - (int) known);
    }

    private void checkTurn(int mine) {
        checkOpen();
        if (mine != turn) {
            throw ApiError.of(503, "backendError", "a later request goes on with this upload");
        }
    }

    private void checkOpen() {
        if (over) {
            throw ApiError.of(410, "gone", "the upload session is no longer available");
        }
    }

    private void learnTotal(OptionalLong given) {
        if (given.isPresent() && total.isPresent() && given.getAsLong() != total.getAsLong()) {
            throw ApiError.invalid(
                    "the object was announced with " + total.getAsLong() + " bytes, and now with " + given.getAsLong());
        }
        total = given.isPresent() ? given : total;
    }

    private ApiResponse incomplete() {
        ApiResponse answer = ApiResponse.empty(308);
        return writer.size() == 0 ? answer : answer.with("Range", "bytes=0-" + (writer.size() - 1));
    }

    private ApiResponse finished(Checksums sums) throws IOException {
        if (total.isPresent() && total.getAsLong() != writer.size()) {
            throw ApiError.invalid(
                    "the object has " + writer.size() + " bytes, and " + total.getAsLong() + " were announced");
        }
        over = true;
        Content content = writer.finish();
        try {
            announced.check(content.checksums());
            sums.check(content.checksums());
            resource = Optional.of(finish.object(content).json(key));
        } finally {
            if (resource.isEmpty()) {
                content.release();
            }
        }
        return ApiResponse.json(200, resource.get());
    }

    /** Status codes, 499: "the resumable upload was cancelled at the client's request". */
    synchronized ApiResponse cancel() throws IOException {
        checkOpen();
        end();
        return ApiResponse.empty(499);
    }

    /** Lets go of what came; the object, if it was made, stays. */
    synchronized void end() throws IOException {
        over = true;
        writer.close();
    }
}
