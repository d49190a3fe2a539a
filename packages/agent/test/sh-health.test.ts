import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AppFolder } from './app-folder.ts'
import { inEachShell } from './shells.ts'

let app: AppFolder
beforeEach(() => {
  app = new AppFolder()
  app.release('R', { verify_for: '300', health_timeout: '2000' }, ['web switch i 1 always docker 8000 - - - -']).current('R')
  app.write({ 'releases/R/verify.tsv': '', waiting: 'c1 web none 200 -\n' })
})
afterEach(() => app.remove())

// A container `c1` whose state docker tells; the edge is not asked.
const PARTS = `
  app_dir=$APP run=$APP slot=blue
  use_release R
  list_containers() { echo 'c1|shop-blue|web-blue|running|False|n|||shop|R'; }
  docker() {
    case $* in
      *'{{.Id}} {{.State.Status}}'*) echo "c1 $(cat "$run/state")" ;;
      *State.Running*) if [ "$(cat "$run/state")" = running ]; then echo true; else echo false; fi ;;
      update*) [ -z "$REFUSED" ] ;;
    esac
  }
  open_edge_shell() { :; }
  pause() { sleep 0.02; }
`

inEachShell((shell) => {
  const run = (code: string, REFUSED = '') => {
    const { status, stdout, stderr } = shell.run(`${PARTS}${code}`, { APP: app.path, REFUSED })
    return { status, said: stdout + stderr }
  }

  test('a container that runs through the verification is verified', () => {
    expect(run('echo running >"$run/state"; verify_release').status).toBe(0)
  })

  test('a container that is dead after the switch fails it, also where no check asks that service', () => {
    expect(run('echo exited >"$run/state"; verify_release')).toEqual({
      status: 1,
      said: expect.stringContaining('(DA-CONTAINER-EXITED)'),
    })
  })

  test('a container that has to stay up and does not is never healthy', () => {
    const dies = 'echo running >"$run/state"; (sleep 0.1; echo exited >"$run/state") & await_health 1000; code=$?; wait; exit "$code"'
    expect(run(dies)).toEqual({ status: 1, said: expect.stringContaining('(DA-CONTAINER-EXITED)') })
    expect(run('echo running >"$run/state"; await_health 1000').status).toBe(0)
  })

  test('a container that ends while a slow one before it is asked is told at once, and not after another round', () => {
    const { status, said } = run(`
      printf 'c1 slow tcp 1 -\\nc2 web tcp 2 -\\n' >"$run/waiting"
      docker() { case $* in *'{{.Id}} {{.State.Status}}'*) printf 'c1 running\\nc2 %s\\n' "$(cat "$run/state")" ;; esac; }
      ask_edge() { printf '%s,%s ' "$4" "$5" >&2; case $4 in 1) look_at=0; echo exited >"$run/state" ;; esac; return 1; }
      address_of() { :; }
      echo running >"$run/state"; await_health 60000`)
    expect([status, said]).toEqual([1, expect.stringMatching(/^(?!.*2,1 ).*1,1 .*web stopped by itself/s)])
  })

  // c1 has a check of its own; what Docker made of it so far, and whether somebody answers at its port, are told.
  const own = (health: string, port: 'answers' | 'closed', more = '') =>
    run(`printf 'c1 web docker 8000 -\\n' >"$run/waiting"; edge=e; : >"$release_dir/networks.tsv"; echo running >"$run/state"
      docker() {
        case $* in
          *'@ states'*) printf '@ states\\nc1 running ${health}\\n@ addresses.c1\\n@ check.c1\\nCMD\\ngrep healthy\\n' ;;
          *'{{.Id}} {{.State.Status}}'*) echo 'c1 running' ;;
        esac
      }
      ask_edge() { [ ${port} = answers ]; }
      run_health_check() { echo asked; }
      ${more}
      await_health 3000`).said

  test('what Docker calls healthy already is asked at its port, and by no process', () => {
    expect(own('healthy', 'answers')).toBe('')
    expect(own('healthy', 'closed')).toContain('asked')
    expect(own('starting', 'answers')).toContain('asked')
  })

  test('a machine that stood still beyond the time asks once more before it gives up, and waits for the answer', () => {
    const still = `rm -f "$run/clock"; now_ms() { now=$(cat "$run/clock" 2>/dev/null || echo 0); }; pause() { echo 4000 >"$run/clock"; sleep 0.02; }`
    expect(own('healthy', 'closed', still)).toBe('asked\n')
    expect(own('healthy', 'closed', `${still}; run_health_check() { sleep 0.3; echo late; }`)).toBe('late\n')
    expect(own('healthy', 'closed', `${still}; run_health_check() { false; }`)).toContain('(DA-HEALTH-TIMEOUT)')
    // What was under way when it stood still failed of that; the one after it is right.
    const first = `run_health_check() { echo x >>"$run/n"; if [ "$(wc -l <"$run/n")" = 1 ]; then sleep 0.4; return 1; fi; echo right; }`
    const wakes =
      'rm -f "$run/clock"; now_ms() { now=$(cat "$run/clock" 2>/dev/null || echo 1000); }; pause() { echo 9000 >"$run/clock"; sleep 0.02; }'
    expect(own('starting', 'answers', `${wakes}; rm -f "$run/n"; ${first}`)).toBe('right\n')
  })

  test('a restart policy that Docker refused is set once more before the release is final', () => {
    expect(run('keep_slot_over_reboots; echo "kept:$slot_is_kept"').said).toBe('kept:yes\n')
    expect(run('keep_slot_over_reboots; echo "kept:$slot_is_kept"', 'yes').said).toBe('kept:\n')
  })
})
