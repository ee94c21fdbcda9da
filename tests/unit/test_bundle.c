/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The zip for a ticket: other programs open it, and its sums are those of its files. */
#include "tree.h"

#include "base/sha256.h"
#include "cmd/bundle.h"
#include "sample_case.h"

static void sum(const char *text, size_t length, const char *expected)
{
    char out[65];
    sha256_hex(out, text, length);
    assert_string_equal(out, expected);
}

static void sums_are_those_of_the_standard(void **state)
{
    (void)state;
    sum("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sum("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    AUTO_FREE char *million = mem_alloc(1000000);
    memset(million, 'a', 1000000);
    sum(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length around the ends of a block, against coreutils. */
static void sums_agree_with_sha256sum(void **state)
{
    struct tree *t = *state;
    char path[256], command[600], text[300], expected[80], out[65];
    if (system("command -v sha256sum >/dev/null 2>&1") != 0)
        skip();
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('!' + i % 90);
    snprintf(path, sizeof path, "%s/part", t->path);
    static const size_t lengths[] = {1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 191, 256, 299};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char part[301] = "";
        memcpy(part, text, lengths[i]);
        tree_file(t, "part", part);
        snprintf(command, sizeof command, "sha256sum < '%s'", path);
        FILE *f = popen(command, "r");
        assert_non_null(f);
        assert_non_null(fgets(expected, sizeof expected, f));
        pclose(f);
        expected[64] = '\0';
        sha256_hex(out, part, lengths[i]);
        assert_string_equal(out, expected);
    }
}

static bool have(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

static void other_programs_open_it(void **state)
{
    struct tree *t = *state;
    struct err e;
    char path[256], command[1200];
    struct case_file *c = sample_case();
    snprintf(path, sizeof path, "%s/b.zip", t->path);
    if (!bundle_write(path, c, &e))
        fail_msg("%s", e.text);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    bool tried = false;
    if (have("unzip")) {
        tried = true;
        snprintf(command, sizeof command, "unzip -tqq '%s'", path);
        assert_int_equal(system(command), 0);
    }
    if (have("python3")) {
        tried = true;
        snprintf(
            command, sizeof command,
            "python3 -c 'import sys, zipfile, hashlib\n"
            "z = zipfile.ZipFile(sys.argv[1])\n"
            "assert z.testzip() is None\n"
            "assert z.namelist() == [\"report.html\", \"report.txt\", \"case.json\", \"SHA256SUMS\"], z.namelist()\n"
            "lines = z.read(\"SHA256SUMS\").decode().splitlines()\n"
            "assert len(lines) == 3\n"
            "for line in lines:\n"
            "    digest, name = line.split(\"  \")\n"
            "    assert hashlib.sha256(z.read(name)).hexdigest() == digest, name\n"
            "for i in z.infolist():\n"
            "    assert i.external_attr >> 16 == 0o100600 and i.compress_type == 8, i\n"
            "' '%s'",
            path);
        assert_int_equal(system(command), 0);
    }
    /* equal cases make equal files */
    AUTO_FREE char *again = mem_printf("%s/again.zip", t->path);
    assert_true(bundle_write(again, c, &e));
    snprintf(command, sizeof command, "cmp -s '%s' '%s'", path, again);
    assert_int_equal(system(command), 0);
    case_free(c);
    if (!tried)
        skip();
}

static void a_place_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct err e = {0};
    struct case_file *c = sample_case();
    assert_false(bundle_write("/no/such/directory/b.zip", c, &e));
    assert_non_null(strstr(e.text, "/no/such"));
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_standard),
        tree_test(sums_agree_with_sha256sum),
        tree_test(other_programs_open_it),
        cmocka_unit_test(a_place_that_cannot_be_written_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
