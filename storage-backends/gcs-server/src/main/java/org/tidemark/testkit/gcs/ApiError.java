// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A refusal, with the status and the reason that the reference gives it.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/status-codes">HTTP status and error codes for
 *     JSON</a>
 */
final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String reason;
    private final String text;
    private final Optional<Map.Entry<String, String>> location;

    private ApiError(int status, String reason, String text, Optional<Map.Entry<String, String>> location) {
        super(status + " " + reason + ": " + text);
        this.status = status;
        this.reason = reason;
        this.text = text;
        this.location = location;
    }

    static ApiError of(int status, String reason, String text) {
        return new ApiError(status, reason, text, Optional.empty());
    }

    private static ApiError at(int status, String reason, String text, String locationType, String location) {
        return new ApiError(status, reason, text, Optional.of(Map.entry(locationType, location)));
    }

    /** What Google may well do, and this server does not: it never guesses. */
    static ApiError notImplemented(String what) {
        return of(400, "notImplemented", "this server does not implement " + what);
    }

    static ApiError invalid(String text) {
        return of(400, "invalid", text);
    }

    static ApiError invalidArgument(String text) {
        return of(400, "invalidArgument", text);
    }

    static ApiError invalidParameter(String name, String text) {
        return at(400, "invalidParameter", text, "parameter", name);
    }

    static ApiError required(String parameter) {
        return at(400, "required", "Required parameter: " + parameter, "parameter", parameter);
    }

    static ApiError parseError(String text) {
        return of(400, "parseError", text);
    }

    static ApiError loginRequired() {
        return at(401, "required", "Login Required", "header", "Authorization");
    }

    static ApiError invalidCredentials() {
        return at(401, "authError", "Invalid Credentials", "header", "Authorization");
    }

    static ApiError forbidden(String text) {
        return of(403, "forbidden", text);
    }

    static ApiError retained(String object, Retention retention) {
        return of(
                403,
                "retentionPolicyNotMet",
                "Object '" + object + "' is subject to object retention and cannot be deleted or overwritten until "
                        + retention.until());
    }

    static ApiError noObject(String bucket, String object) {
        return of(404, "notFound", "No such object: " + bucket + "/" + object);
    }

    static ApiError noBucket() {
        return of(404, "notFound", "The specified bucket does not exist.");
    }

    static ApiError conditionNotMet(String parameter) {
        return at(
                412,
                "conditionNotMet",
                "At least one of the pre-conditions you specified did not hold.",
                "header",
                parameter);
    }

    int status() {
        return status;
    }

    ApiResponse response() {
        Map<String, Object> detail = new LinkedHashMap<>();
        detail.put("domain", "global");
        detail.put("reason", reason);
        detail.put("message", text);
        location.ifPresent(where -> {
            detail.put("locationType", where.getKey());
            detail.put("location", where.getValue());
        });
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("code", (long) status);
        error.put("message", text);
        error.put("errors", List.of(detail));
        return ApiResponse.json(status, Map.of("error", error));
    }
}
