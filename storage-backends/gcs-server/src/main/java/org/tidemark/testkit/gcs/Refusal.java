// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.List;
import java.util.Map;

/**
 * A refusal, with the status and the reason that Google's reference gives it.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/status-codes">HTTP status and error codes for
 *     JSON</a>
 */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String reason;
    private final String text;

    Refusal(int status, String reason, String text) {
        super(status + " " + reason + ": " + text);
        this.status = status;
        this.reason = reason;
        this.text = text;
    }

    /** Refuses a request that Google may well accept: this server never guesses. */
    static Refusal notImplemented(String what) {
        return new Refusal(400, "notImplemented", "this server does not implement " + what);
    }

    static Refusal invalid(String text) {
        return new Refusal(400, "invalid", text);
    }

    Answer answer() {
        Map<String, ?> detail = Map.of("domain", "global", "reason", reason, "message", text);
        return Answer.json(status, Map.of("error", Map.of("code", status, "message", text, "errors", List.of(detail))));
    }
}
