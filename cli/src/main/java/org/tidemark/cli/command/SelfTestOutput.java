// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.operations.setup.RepositorySelfTest;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;

/** What {@code init --test} prints: lines as the results come, or one document at the end. */
final class SelfTestOutput {
    private final Output output;
    private final List<Document> repositories = new ArrayList<>();

    SelfTestOutput(Output output) {
        this.output = output;
    }

    void add(RepositorySelfTest test) {
        if (output.isJson()) {
            repositories.add(document(test));
        } else {
            print(test);
        }
    }

    void finish() {
        if (output.isJson()) {
            output.json(Document.versioned().put("repositories", repositories));
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

    private static Document document(RepositorySelfTest test) {
        return new Document()
                .put("name", test.repository())
                .put("store", test.store())
                .put("usable", test.isUsable())
                .list("proofs", test.results())
                .each(result -> new Document()
                        .put("subject", result.subject())
                        .put("verdict", result.verdict().name().toLowerCase(Locale.ROOT))
                        .put("message", result.message())
                        .put("hint", result.hint()));
    }
}
