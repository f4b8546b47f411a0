// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

/**
 * The result of one test. Immutable.
 *
 * @param subject the tested operation: {@code create}, {@code list}
 * @param message the observation
 * @param hint its consequence, and what the operator can do; empty if nothing needs to be done
 */
public record SelfTestResult(String subject, Verdict verdict, String message, String hint) {
    /** The consequence of a result. Its names are printed by {@code init --test}. */
    public enum Verdict {
        /** The store keeps its promise. */
        KEPT,
        /** The store does not keep its promise, but can be used; the hint says what is lost. */
        MISSING,
        /** The store does not keep its promise, and data would not be safe in it. */
        BROKEN,
        /** The test could not run. */
        UNKNOWN
    }

    static SelfTestResult kept(String subject, String message) {
        return new SelfTestResult(subject, Verdict.KEPT, message, "");
    }

    static SelfTestResult missing(String subject, String message, String hint) {
        return new SelfTestResult(subject, Verdict.MISSING, message, hint);
    }

    static SelfTestResult broken(String subject, String message, String hint) {
        return new SelfTestResult(subject, Verdict.BROKEN, message, hint);
    }

    static SelfTestResult unknown(String subject, String message, String hint) {
        return new SelfTestResult(subject, Verdict.UNKNOWN, message, hint);
    }
}
