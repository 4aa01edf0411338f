# Speaks each line "name: sentence" of TEXTS into OUT/name.wav, and plays OUT/music.wav: 48 kHz, 16 bit,
# mono, so that every caller hears as much of it as the telephone lets through.
file(MAKE_DIRECTORY ${OUT})

function(speak name sentence)
    execute_process(COMMAND ${ESPEAK} -v en-us -s 150 -w ${OUT}/${name}.raw.wav ${sentence} RESULT_VARIABLE failed)
    if(NOT failed)
        execute_process(COMMAND ${SOX} ${OUT}/${name}.raw.wav -r 48000 -b 16 -c 1 ${OUT}/${name}.wav
                        norm -6 RESULT_VARIABLE failed)
    endif()
    file(REMOVE ${OUT}/${name}.raw.wav)
    if(failed)
        message(WARNING "prompt ${name} could not be spoken; a tone stands in")
        file(REMOVE ${OUT}/${name}.wav)
    endif()
endfunction()

# Four chords of six seconds, each a soft pad under six plucked notes. Each fades in and out, so the whole goes
# round without a seam; -R: the same samples at every build.
function(play_music)
    set(pads "220 261.63 329.63" "174.61 220 261.63" "196 261.63 329.63" "196 246.94 293.66")
    set(plucked "A4 C5 E5 A5 E5 C5" "F4 A4 C5 F5 C5 A4" "G4 C5 E5 G5 E5 C5" "G4 B4 D5 G5 D5 B4")
    set(chords)
    foreach(chord RANGE 3)
        list(GET pads ${chord} pad)
        list(GET plucked ${chord} notes)
        string(REGEX REPLACE "([^ ]+)" "sine;\\1" pad "${pad}")
        string(REGEX REPLACE "([^ ]+)" "pluck;\\1" notes "${notes}")
        string(REPLACE " " ";" pad "${pad}")
        string(REPLACE " " ";" notes "${notes}")
        set(part ${OUT}/.music${chord})
        execute_process(COMMAND ${SOX} -R -r 48000 -c 3 -n -b 16 -c 1 ${part}.pad.wav synth 6 ${pad}
                        remix 1-3 fade h 1.5 6 2 norm -18 COMMAND_ERROR_IS_FATAL ANY)
        execute_process(COMMAND ${SOX} -R -r 48000 -c 6 -n -b 16 -c 1 ${part}.notes.wav synth 6 ${notes}
                        delay 0 0.9 1.8 2.7 3.6 4.5 remix 1-6 trim 0 6 fade h 0.01 6 0.8 norm -14 COMMAND_ERROR_IS_FATAL ANY)
        execute_process(COMMAND ${SOX} -R -m -v 1 ${part}.pad.wav -v 1 ${part}.notes.wav -b 16 ${part}.wav
                        COMMAND_ERROR_IS_FATAL ANY)
        list(APPEND chords ${part}.wav)
    endforeach()
    execute_process(COMMAND ${SOX} -R ${chords} -b 16 ${OUT}/music.wav lowpass 5000 norm -12 COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB parts ${OUT}/.music*)
    file(REMOVE ${parts})
endfunction()

if(ESPEAK AND SOX)
    file(STRINGS ${TEXTS} lines)
    foreach(line ${lines})
        if(line MATCHES "^([a-z0-9_]+): (.+)$")
            speak(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
        endif()
    endforeach()
    play_music()
else()
    message(STATUS "espeak-ng or sox is absent: prompts will be tones")
endif()
file(TOUCH ${OUT}/.stamp)
