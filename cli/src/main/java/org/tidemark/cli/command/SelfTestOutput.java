// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tidemark.cli.output.Json;
import org.tidemark.cli.output.Output;
import org.tidemark.operations.setup.RepositorySelfTest;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;

/** What {@code init --test} prints: lines as the results come, or one document at the end. */
final class SelfTestOutput {
    private final Output output;
    private final List<View.Tested> repositories = new ArrayList<>();

    private record View(List<Tested> repositories) {
        record Tested(String name, String store, boolean usable, List<Proof> proofs) {
            static Tested of(RepositorySelfTest test) {
                return new Tested(
                        test.repository(), test.store(), test.isUsable(), Json.list(test.results(), Proof::of));
            }
        }

        record Proof(String subject, String verdict, String message, String hint) {
            static Proof of(SelfTestResult result) {
                String verdict = result.verdict().name().toLowerCase(Locale.ROOT);
                return new Proof(result.subject(), verdict, result.message(), result.hint());
            }
        }
    }

    SelfTestOutput(Output output) {
        this.output = output;
    }

    void add(RepositorySelfTest test) {
        if (output.isJson()) {
            repositories.add(View.Tested.of(test));
        } else {
            print(test);
        }
    }

    void finish() {
        if (output.isJson()) {
            output.json(new View(repositories));
        }
    }

    private void print(RepositorySelfTest test) {
        String address = test.store();
        output.line((test.repository().equals(address) ? address : test.repository() + " · " + address)
                + (test.isUsable() ? " · can be used" : " · CANNOT BE USED"));
        for (SelfTestResult result : test.results()) {
            String verdict =
                    result.verdict() == Verdict.KEPT ? "OK" : result.verdict().name();
            output.line(String.format(Locale.ROOT, "%-8s %-9s %s", verdict, result.subject(), result.message()));
            if (!result.hint().isEmpty()) {
                output.advise("         HINT: " + result.hint());
            }
        }
    }
}
