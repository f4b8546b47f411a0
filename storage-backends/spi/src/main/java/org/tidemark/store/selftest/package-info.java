// SPDX-License-Identifier: Apache-2.0
/** The self-test of a store ({@code init --test}): tries with scratch objects what a store really does. */
package org.tidemark.store.selftest;
